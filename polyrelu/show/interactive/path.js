"use strict";
// Every position of the slider is a proved optimum rounded to floats; the page only draws.
const D = JSON.parse(document.getElementById("data").textContent);
const BLUE = "#0072B2", RED = "#D55E00", ORANGE = "#E69F00", GREY = "#666666", BLACK = "#000000";
const byId = (id) => document.getElementById(id);
const config = {displayModeBar: false, responsive: true};
const margin = {l: 55, r: 55, t: 10, b: 45};
const P = D.positions, lams = P.map((p) => p.lambda);
const colour = (k) => (k.sign > 0 ? BLUE : RED);
const cursor = (p) => ({type: "line", x0: p.lambda, x1: p.lambda, yref: "paper", y0: 0, y1: 1, line: {color: BLACK, width: 1}});
const marks = D.breakpoints.map((x) => (
  {type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: {color: GREY, width: 0.6, dash: "dot"}}));
const gaps = D.gaps.map(([a, b]) => (
  {type: "rect", x0: a, x1: b, yref: "paper", y0: 0, y1: 1, fillcolor: "#E8E8E8", line: {width: 0}}));
const shapes = (p) => [...gaps, ...marks, cursor(p)];
const axis = {type: "log", title: {text: "lambda"}};

function drawPath(p) {
  const dots = P.flatMap((q) => q.neurons.map((k) => [q.lambda, k.weight, colour(k)]));
  Plotly.newPlot("weights", [{x: dots.map((t) => t[0]), y: dots.map((t) => t[1]), mode: "markers",
    marker: {color: dots.map((t) => t[2]), size: 4}, hoverinfo: "x+y"}],
  {margin, shapes: shapes(p), xaxis: axis, yaxis: {rangemode: "tozero", title: {text: "‖w‖"}}, showlegend: false}, config);
  Plotly.newPlot("value", [
    {x: lams, y: P.map((q) => q.width), mode: "markers", marker: {color: BLACK, size: 4}, name: "neurons"},
    {x: lams, y: P.map((q) => q.value), mode: "lines+markers", yaxis: "y2", line: {color: ORANGE, width: 1}, marker: {size: 3},
      name: "optimal value"}],
  {margin, shapes: shapes(p), xaxis: axis, yaxis: {rangemode: "tozero", title: {text: "neurons"}},
    yaxis2: {overlaying: "y", side: "right", rangemode: "tozero", title: {text: "optimal value"}}, showlegend: false}, config);
}

function bars(p) {
  return [{type: "bar", x: p.neurons.map((_, k) => k + 1), y: p.neurons.map((k) => k.weight),
    marker: {color: p.neurons.map(colour)}, text: p.neurons.map((k) => (k.pair ? "pair" : "")), hoverinfo: "y+text"}];
}

// The third chart: the function of one feature, the directions of two, else the fit row by row.
function third(p) {
  if (D.inputs.length) {
    return [{x: D.inputs, y: p.outputs, mode: "lines", line: {color: BLUE}},
      {x: D.rows, y: D.y, mode: "markers", marker: {color: BLACK}}];
  }
  if (D.plane) {
    const rays = p.neurons.flatMap((k) => (k.pair ? [1, -1] : [1]).map((t) => (
      {x: [0, t * k.direction[0]], y: [0, t * k.direction[1]], mode: "lines+markers", line: {color: colour(k), width: 3}})));
    const walls = D.walls.filter((r) => r[0] || r[1]).map((r) => {
      const size = Math.hypot(r[0], r[1]);
      return {x: [-r[1] / size, r[1] / size], y: [r[0] / size, -r[0] / size], mode: "lines", line: {color: "#CCCCCC", width: 1}};
    });
    return [...walls, ...rays];
  }
  const most = [Math.min(...D.y), Math.max(...D.y)];
  return [{x: most, y: most, mode: "lines", line: {color: GREY, width: 1}},
    {x: D.y, y: p.fit, mode: "markers", marker: {color: BLUE}}];
}

function layout() {
  if (D.inputs.length) return {margin, showlegend: false, xaxis: {title: {text: D.features[0]}}, yaxis: {title: {text: D.target}}};
  if (D.plane) {
    return {margin, showlegend: false, xaxis: {range: [-1.1, 1.1], title: {text: D.features[0]}},
      yaxis: {range: [-1.1, 1.1], scaleanchor: "x", title: {text: D.features[1]}}};
  }
  return {margin, showlegend: false, xaxis: {title: {text: `${D.target}, as given`}}, yaxis: {title: {text: "fitted"}}};
}

function sentence(p) {
  const where = p.event === null ? "" : `A breakpoint: ${p.event}. `;
  if (p.width === 0) return `${where}The zero network is the only optimal one. Optimal value ${p.value.toPrecision(8)}.`;
  if (p.dimension === null) {
    return `${where}${p.width} neurons reach lambda. Sum of weights ${p.total.toPrecision(8)}, optimal value ${
      p.value.toPrecision(8)}.`;
  }
  const unique = p.dimension === 0 ? "the network is unique" : `the optimal networks form a set of dimension ${p.dimension}`;
  return `${where}${p.width} neurons reach lambda, rank ${p.rank}; ${unique}. Sum of weights ${
    p.total.toPrecision(8)}, optimal value ${p.value.toPrecision(8)}.`;
}

const heaviest = 1.05 * P.reduce((most, p) => p.neurons.reduce((m, k) => Math.max(m, k.weight), most), 0) || 1;
const slider = byId("lambda");
slider.max = P.length - 1;
function show() {
  const p = P[Number(slider.value)];
  byId("at").textContent = p.name;
  byId("said").textContent = sentence(p);
  Plotly.relayout("weights", {shapes: shapes(p)});
  Plotly.relayout("value", {shapes: shapes(p)});
  Plotly.react("bars", bars(p), {margin, xaxis: {title: {text: "neuron"}, dtick: 1}, yaxis: {range: [0, heaviest], title: {text: "‖w‖"}}}, config);
  Plotly.react("fit", third(p), layout(), config);
}

// page.html#selftest: move the slider over all positions, and write down what is shown then.
function selfTest() {
  const report = {positions: 0, names: [], widths: [], foreign: 0};
  P.forEach((p, k) => {
    slider.value = k;
    slider.dispatchEvent(new Event("input"));
    report.positions += 1;
    report.names.push(byId("at").textContent);
    report.widths.push(byId("bars").data[0].y.length);
  });
  report.foreign = performance.getEntriesByType("resource").length;
  const told = document.createElement("pre");
  told.id = "selftest";
  told.textContent = JSON.stringify(report);
  document.body.append(told);
}

byId("third").textContent = D.inputs.length ? "The function" : D.plane ? "Directions of the neurons" : "The fit, row by row";
drawPath(P[0]);
slider.addEventListener("input", show);
show();
if (location.hash === "#selftest") selfTest();
