import embed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

// The interpreter reads expressions as a syntax tree, so that the page needs no "unsafe-eval" for its charts.
window.microliftCharts = {
  draw: (element, spec, options) =>
    embed(element, spec, { ...options, ast: true, expr: expressionInterpreter, actions: false, renderer: "svg" }),
};
