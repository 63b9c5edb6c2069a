(function () {
  "use strict";
  const charts = Array.from(document.querySelectorAll(".chart"));
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();

  // The program that draws is packed: a report stays small enough to be sent around.
  async function unpack() {
    const packed = document.querySelector("[data-packed]").textContent;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const program = document.createElement("script");
    program.textContent = await new Response(stream).text();
    document.head.append(program);
  }

  // Figures name their colours as CSS variables, so that one figure serves every theme.
  function read(chart) {
    const text = document.getElementById("data-" + chart.id).textContent;
    return JSON.parse(text, (key, value) => {
      const match = typeof value === "string" && /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return match ? colour(match[1]) : value;
    });
  }

  function theme() {
    const axis = {
      gridcolor: colour("--line"), zerolinecolor: colour("--line"), linecolor: colour("--line"),
      tickcolor: colour("--line"), automargin: true, zeroline: false,
      title: { font: { size: 13 }, standoff: 10 }, minor: { showgrid: false },
    };
    return {
      layout: {
        font: { color: colour("--muted"), size: 12.5, family: getComputedStyle(document.body).fontFamily },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis, yaxis: axis,
        hoverlabel: {
          bgcolor: colour("--panel"), bordercolor: colour("--line"), align: "left",
          font: { color: colour("--text"), size: 12.5 },
        },
      },
    };
  }

  function draw(chart) {
    const figure = read(chart);
    const layout = Object.assign({}, figure.layout, { template: theme(), autosize: true });
    const meta = layout.meta || {};
    if (meta.parallel) {
      layout.dragmode = "select";
      layout.newselection = { line: { color: colour("--accent"), width: 1 } };
    }
    if (meta.shades) {
      figure.data[0].colorscale = [[0, colour("--panel")], [1, colour("--accent")]];
    }
    if (touch) layout.dragmode = false;
    Plotly.react(chart, figure.data, layout, {
      responsive: true, displayModeBar: false, displaylogo: false, showLink: false,
    });
    if (meta.parallel && chart.removeAllListeners) {
      // It comes after a box is drawn, moved or released; the events of the boxes come too early.
      chart.removeAllListeners("plotly_relayout");
      const opacities = figure.data.map((line) => line.opacity);
      chart.on("plotly_relayout", () => pickOut(chart, opacities));
    }
  }

  // Of the trials, each a line over the axes at 0, 1, 2, …, leave those that pass through each box.
  function pickOut(chart, opacities) {
    const boxes = (chart.layout.selections || []).map((box) => ({
      axes: axesWithin(Math.min(box.x0, box.x1), Math.max(box.x0, box.x1)),
      low: Math.min(box.y0, box.y1), high: Math.max(box.y0, box.y1),
    }));
    const passes = (line) => boxes.every((box) => box.axes.some(
      (axis) => line.y[axis] >= box.low && line.y[axis] <= box.high));
    Plotly.restyle(chart, {
      opacity: chart.data.map((line, at) => passes(line) ? opacities[at] : 0.04),
    });
  }

  function axesWithin(left, right) {
    const axes = [];
    for (let axis = Math.ceil(left); axis <= right; axis += 1) axes.push(axis);
    return axes.length ? axes : [Math.round((left + right) / 2)];
  }

  const drawAll = () => charts.forEach(draw);
  unpack().then(drawAll, () => charts.forEach((chart) => {
    chart.textContent = "The plots need a browser of 2023 or later.";
    chart.style.height = "auto";
  }));
  dark.addEventListener("change", drawAll);

  // Paper is narrower than the screen, and always light.
  window.addEventListener("beforeprint", () => {
    charts.forEach((chart) => {
      const share = chart.closest(".grid3") ? 0.31 : chart.closest(".grid2") ? 0.47 : 1;
      chart.style.width = Math.round(680 * share) + "px";
      chart.style.minWidth = "0";
      draw(chart);
    });
  });
  window.addEventListener("afterprint", () => {
    charts.forEach((chart) => { chart.style.width = ""; chart.style.minWidth = ""; draw(chart); });
  });
})();
