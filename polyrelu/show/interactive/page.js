"use strict";
// Weights, fit and function are computed here, from the vertices and directions of the proof rounded to floats.
const D = JSON.parse(document.getElementById("data").textContent);
const BLUE = "#0072B2", RED = "#D55E00", SKY = "#56B4E9", BLACK = "#000000";
const byId = (id) => document.getElementById(id);
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const apart = (a, b) => largest(a.map((v, i) => v - b[i]));
const config = {displayModeBar: false, responsive: true};
const margin = {l: 50, r: 10, t: 10, b: 45};

// x -> sum_k s_k ||w_k|| (u_k . x)_+
const output = (weights, x) =>
  weights.reduce((sum, w, k) => sum + D.signs[k] * w * Math.max(0, dot(D.directions[k], x)), 0);

// ---- a point of the set: a convex combination of vertices, whatever the sliders say
const sliders = [];
function shares() {
  const raw = sliders.map((slider) => Number(slider.value));
  const sum = raw.reduce((a, b) => a + b, 0);
  return sum > 0 ? raw.map((v) => v / sum) : D.sliders.map(() => 1 / D.sliders.length);
}
const combined = (part) =>
  D.names.map((_, k) => D.sliders.reduce((sum, v, i) => sum + part[i] * D.vertices[v][k], 0));

function makeSliders() {
  if (D.dimension === 0) {
    byId("move").textContent = "There is one network and nothing to move.";
    return;
  }
  byId("move").textContent = "Each slider is the share of a vertex; a button goes to that vertex. "
    + "All at 0: equal shares.";
  D.sliders.forEach((v) => {
    const row = document.createElement("div"), go = document.createElement("button");
    const slider = document.createElement("input"), share = document.createElement("output");
    row.className = "slider";
    go.type = "button";
    go.textContent = `vertex ${v + 1}`;
    Object.assign(slider, {type: "range", min: 0, max: 1000, value: 500});
    slider.setAttribute("aria-label", `share of vertex ${v + 1}`);
    slider.addEventListener("input", show);
    go.addEventListener("click", () => {
      sliders.forEach((other) => { other.value = other === slider ? 1000 : 0; });
      show();
    });
    row.append(go, slider, share);
    byId("sliders").append(row);
    sliders.push(slider);
  });
}

// ---- the charts
const place = (weights) => D.picture.axes.map((a) => (a === null ? 0 : weights[a[0]] * D.directions[a[0]][a[1]]));
const column = (points, j) => points.map((p) => p[j]);
const inSpace = (points) => ({x: column(points, 0), y: column(points, 1), z: column(points, 2)});

function drawPolytope(weights) {
  const P = D.picture, gap = [null, null, null];
  const edges = P.edges.flatMap(([a, b]) => [P.corners[a], P.corners[b], gap]);
  const traces = [
    {type: "scatter3d", mode: "markers", ...inSpace([place(weights)]), marker: {size: 8, color: RED},
     name: "the network", hovertemplate: "the network<extra></extra>"},
    {type: "scatter3d", mode: "markers+text", ...inSpace(P.vertices), text: P.vertices.map((_, v) =>
      (D.sliders.includes(v) ? String(v + 1) : "")), marker: {size: 4, color: BLACK},
     hovertemplate: "vertex %{customdata}<extra></extra>", customdata: P.vertices.map((_, v) => v + 1)},
    {type: "scatter3d", mode: "lines", ...inSpace(edges), line: {color: BLACK, width: 4}, hoverinfo: "skip"},
    {type: "mesh3d", ...inSpace(P.corners), i: column(P.triangles, 0), j: column(P.triangles, 1),
     k: column(P.triangles, 2), color: SKY, opacity: 0.4, flatshading: true, hoverinfo: "skip"},
  ];
  const axis = (j) => ({title: {text: P.labels[j], font: {size: 11}}, tickfont: {size: 10},
    showticklabels: P.axes[j] !== null});
  Plotly.newPlot("polytope", traces, {margin: {l: 0, r: 0, t: 0, b: 0}, showlegend: false,
    scene: {xaxis: axis(0), yaxis: axis(1), zaxis: axis(2), aspectmode: "cube",
      camera: {eye: P.eye, center: {x: 0, y: 0, z: -0.12}}}}, config);
}

function drawBars(weights) {
  const text = D.directions.map((u, k) => `sign ${D.signs[k] > 0 ? "+" : "−"}, u = (${
    u.map((v) => v.toPrecision(4)).join(", ")})`);
  const most = D.vertices.reduce((top, v) => Math.max(top, ...v), 0) || 1;
  const short = D.names.map((_, k) => String(k + 1));
  Plotly.newPlot("bars", [{type: "bar", x: short, y: weights, text: text, textposition: "none",
    marker: {color: D.signs.map((s) => (s > 0 ? BLUE : RED))},
    hovertemplate: "neuron %{x}: %{y:.6g}<br>%{text}<extra></extra>"}],
    {margin, xaxis: {type: "category", title: {text: "neuron (blue: sign +, vermilion: sign −)"}},
     yaxis: {title: {text: "weight"}, range: [0, 1.05 * most]}}, config);
}

function drawFit(fit) {
  const rows = D.y.map((_, i) => i + 1);
  const dots = (name, y, marker) => ({type: "scatter", mode: "markers", name, x: rows, y, marker});
  Plotly.newPlot("fit", [
    dots("target", D.y, {color: BLACK, size: 8}),
    dots("fit of this network, live", fit, {color: RED, size: 12, symbol: "circle-open", line: {width: 2}}),
    {type: "bar", name: "residual, live", x: rows, y: fit.map((v, i) => D.y[i] - v), marker: {color: SKY}},
  ], {margin, legend: {orientation: "h", y: 1.02, yanchor: "bottom", x: 0},
    xaxis: {title: {text: "row"}, dtick: rows.length > 15 ? undefined : 1}, yaxis: {title: {text: D.target}}}, config);
}

// The page's inputs as rows of the data: a bias is a last column of ones.
const biased = D.rows[0].length > D.function.inputs ? [1] : [];
function inputsOfFunction() {
  const [across, up] = D.function.grid;
  if (D.function.inputs === 1) return across.map((x) => [x, ...biased]);
  return D.function.inputs === 2 ? up.flatMap((b) => across.map((a) => [a, b, ...biased])) : [];
}
const grid = inputsOfFunction();
const values = (weights) => grid.map((x) => output(weights, x));
const bounds = (all) => [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];

function folded(flat) {
  const across = D.function.grid[0].length;
  return D.function.grid[1].map((_, i) => flat.slice(i * across, (i + 1) * across));
}

function drawFunction(weights) {
  byId("statement").textContent = D.function.statement;
  if (grid.length === 0) {
    byId("function").style.display = "none";
    return;
  }
  const now = values(weights), [across, up] = D.function.grid, x = column(D.rows, 0);
  const all = bounds(D.y.concat(...D.sliders.map((v) => values(D.vertices[v]))));
  const room = 0.06 * (all[1] - all[0]) || 1;
  if (D.function.inputs === 1) {
    Plotly.newPlot("function", [
      {type: "scatter", mode: "lines", x: across, y: now, line: {color: BLUE, width: 3}, name: "network"},
      {type: "scatter", mode: "markers", x, y: D.y, marker: {color: BLACK, size: 8}, name: "data"},
    ], {margin, showlegend: false, xaxis: {title: {text: D.features[0]}},
      yaxis: {title: {text: D.target}, range: [all[0] - room, all[1] + room]}}, config);
    return;
  }
  const scale = {colorscale: "Cividis", zmin: all[0], zmax: all[1] > all[0] ? all[1] : all[0] + 1};
  Plotly.newPlot("function", [
    {type: "heatmap", x: across, y: up, z: folded(now), ...scale, zsmooth: "best"},
    {type: "scatter", mode: "markers", x, y: column(D.rows, 1), text: D.y.map(String),
     hovertemplate: "target %{text}<extra></extra>", marker: {size: 11, color: D.y, colorscale: "Cividis",
       cmin: scale.zmin, cmax: scale.zmax, line: {color: "white", width: 2}}},
  ], {margin, showlegend: false, xaxis: {title: {text: D.features[0]}},
    yaxis: {title: {text: D.features[1]}}}, config);
}

// ---- the page follows the sliders
function show() {
  const part = shares(), weights = combined(part), fit = D.rows.map((x) => output(weights, x));
  sliders.forEach((slider, i) => { slider.nextSibling.textContent = `${(100 * part[i]).toFixed(1)} %`; });
  if (!byId("bars").data) {
    drawPolytope(weights);
    drawBars(weights);
    drawFunction(weights);
    drawFit(fit);
  } else {
    const at = place(weights);
    Plotly.restyle("polytope", {x: [[at[0]]], y: [[at[1]]], z: [[at[2]]]}, [0]);
    Plotly.restyle("bars", {y: [weights]}, [0]);
    Plotly.restyle("fit", {y: [fit, fit.map((v, i) => D.y[i] - v)]}, [1, 2]);
    if (D.function.inputs === 1) Plotly.restyle("function", {y: [values(weights)]}, [0]);
    if (D.function.inputs === 2) Plotly.restyle("function", {z: [folded(values(weights))]}, [0]);
  }
  byId("stays").textContent = `Computed from the weights above: sum of squared residuals ${
    dot(fit.map((v, i) => D.y[i] - v), fit.map((v, i) => D.y[i] - v)).toPrecision(10)}, sum of weights ${
    weights.reduce((a, b) => a + b, 0).toPrecision(10)}. Largest distance from the proved fit: ${
    apart(fit, D.fit).toExponential(1)} (rounding).`;
}

// page.html#selftest: move the sliders as a reader would, and write down what the charts then show.
function selfTest() {
  const drawn = () => ({
    weights: Array.from(byId("bars").data[0].y), fit: Array.from(byId("fit").data[1].y),
    values: grid.length ? Array.from(byId("function").data[0][D.function.inputs === 1 ? "y" : "z"]).flat() : [],
  });
  const scale = largest(D.fit) || 1, first = drawn();
  const report = {positions: 0, fit: apart(first.fit, D.fit) / scale, weights: 0, values: 0, least: 0, foreign: 0};
  const steps = sliders.length ? Array.from({length: 3 * sliders.length}, (_, t) => t) : [];
  steps.forEach((t) => {
    sliders.forEach((slider, i) => {
      slider.value = t < sliders.length ? (i === t ? 1000 : 0) : (389 * (t + 1) * (i + 2)) % 1001;
    });
    sliders[0].dispatchEvent(new Event("input"));
    const now = drawn();
    report.positions += 1;
    report.fit = Math.max(report.fit, apart(now.fit, D.fit) / scale);
    report.weights = Math.max(report.weights, apart(now.weights, first.weights));
    report.values = Math.max(report.values, apart(now.values, first.values));
    report.least = Math.min(report.least, ...now.weights);
  });
  report.foreign = performance.getEntriesByType("resource").length;
  const told = document.createElement("pre");
  told.id = "selftest";
  told.textContent = JSON.stringify(report);
  document.body.append(told);
}

makeSliders();
show();
if (location.hash === "#selftest") selfTest();
