"""Help that belongs to no single command: `polyrelu --help problem`."""

from __future__ import annotations

PROBLEM = """\
Which problem is it? certify, prune, network, bound and fingerprint take these options:

  --bias none|penalised|free      bias of the hidden layer. penalised (--bias alone): a column of ones among the
                                  features. free: no penalty; the output bias then is free, too, since a neuron that
                                  is active on all rows, with weight -> 0 and bias -> infinity, is a constant at no cost
  --output-bias none|free|ridge   bias of the output. ridge: it pays lambda c^2/2
  --skip                          a linear term a.x of the features, free
  --free C1,C2                    columns of the table that join linearly, free, and are no features of the neurons

    min  1/2 || y - f ||^2  +  lambda/2 sum_i (||theta_i||^2 + phi_i^2)  [ + lambda/2 c^2 with ridge ]
    f(x) = sum_i (theta_i.x + b_i)_+ phi_i  +  c  +  a.x  +  free columns

Whose problem is which, and whose penalty is our lambda (n rows):

  trained or written by                          hidden bias  output bias  skip  our --lam
  scikit-learn MLPRegressor(alpha), one batch    free         free         no    alpha
    the same with m equal minibatches (adam, sgd)                                m alpha
  torch SGD, MSELoss (mean), weight_decay = wd   penalised    ridge        no    n wd / 2
    biases in a group without weight decay       free         free         no    n wd / 2
  scnn (unitize_data=False), their lambda l      none         none         no    n l
  ICML 2023 (Mishkin, Pilanci), network form     none         none         no    theirs
    their convex program, without the 1/2        none         none         no    theirs / 2
  Savarese et al. 2019; Ongie et al. 2020        free         free         no    -> 0
  Parhi, Nowak 2021; Debarre et al. 2022 (d = 1) free         free         yes   theirs, if the loss is 1/2 ||.||^2
  Boursier, Flammarion 2023                      penalised    free         yes   -> 0
  l1 trend filtering (d = 1)                     free         free         yes   theirs, if the loss is 1/2 ||.||^2

AdamW (decoupled weight decay) minimises no objective at all: no problem here is its problem.
MLPRegressor: loss "squared_error", one output, no early stopping (which fits other rows); one batch means solver
"lbfgs", or n <= batch_size (200 by default).

With something free the optimal fit is as unique as ever. Coefficients of free columns are printed where they are the
same in all optimal networks. With --skip every neuron may be mirrored, (u, b) into (-u, -b), at no cost. With a free
hidden bias kinks may move between rows: they come in families, with an interval of biases and a range of weight. With
a ridge the zero network may be optimal for some penalties, not for larger ones, and again for still larger ones;
lambda_max of a path is the last penalty at which a neuron comes or goes.

Not there yet for these problems, and refused in one line: lambda = 0, gated programs, all kinds of plot but functions
and support; with a free hidden bias also lists of patterns. Their proof files are kernel files: an optimum that needs
an exact equality (a multiplier that vanishes) which no identity explains has none.
"""

TOPICS = {"problem": PROBLEM}
