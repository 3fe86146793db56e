// Draws the charts of a report by plotly.js, from the rows that stand in the page as JSON. The tables are the source of the numbers.
"use strict";
(() => {
  const { devices, rows } = JSON.parse(document.getElementById("data").textContent);
  const palette = ["#4c8fd6", "#e0853d", "#3fa66b", "#c9568f", "#8d75d6", "#a8932a", "#35a3a3", "#d65f5f", "#7d8894", "#a0714a"];
  const dashes = ["solid", "dash", "dot"], lineStyles = ["solid", "dashed", "dotted"];
  const timed = rows.filter(row => row.row.medianMs !== null).map(row => ({ ...row, ...row.row }));
  const distinct = values => [...new Set(values)];
  const colorAt = index => palette[index % palette.length];
  const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const escape = text => text.replace(/[&<>]/g, character => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);

  // Numbers as the tables have them: three significant digits and a unit.
  const figure = value => value === 0 ? "0" : value.toFixed(Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))));
  const time = ms => ms >= 1000 ? `${figure(ms / 1000)} s` : ms < 1 ? `${figure(ms * 1000)} µs` : `${figure(ms)} ms`;
  const memory = bytes => {
    const unit = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
    return `${unit === 0 ? bytes : figure(bytes / 1024 ** unit)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
  };

  const wayOf = row => `${row.variant} · ${row.dataType}`;
  const cacheOf = row => row.cache.toLowerCase();
  const markerOf = cache => cache === "cold"
    ? { symbol: "circle", style: { background: "currentColor" } }
    : { symbol: "circle-open", style: { border: "2px solid currentColor" } };
  const hover = row => [
    `<b>${escape(row.device)}</b> ${escape(row.operation)}`,
    escape(`${wayOf(row)} · ${cacheOf(row)}${row.schedule ? ` · ${row.schedule}` : ""}`),
    `${row.steady ? "" : "~"}${time(row.medianMs)} (${time(row.lowerQuartileMs)} … ${time(row.upperQuartileMs)})`,
    [row.gflops && `${figure(row.gflops)} GFLOP/s`, row.gbps && `${figure(row.gbps)} GB/s`].filter(Boolean).join(", "),
    row.percentOfCeiling ? `${figure(row.percentOfCeiling)} % of ${row.ceiling}` : "",
  ].filter(Boolean).join("<br>");

  // An axis: logarithmic, or linear from zero. Ticks are round in the base in which people count what is on it.
  const axisOf = (title, range, ticks, label) => ({
    title: title && { text: title, standoff: 8 }, range, tickvals: ticks,
    ticktext: ticks.map(tick => tick === 0 ? "0" : label(tick).replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "")),
  });
  const decimal = { base: 10, steps: [1, 2, 5] }, binary = { base: 16, steps: [1, 2, 4, 8] };
  const logarithmic = (title, values, label, { base, steps } = decimal) => {
    const powers = [Math.min(...values), Math.max(...values)].map(value => Math.log(value) / Math.log(base));
    const ticks = [];
    for (let power = Math.floor(powers[0]); power <= powers[1]; power++)
      ticks.push(...(powers[1] - powers[0] > 1.5 ? [1] : steps).map(step => step * base ** power));
    return { type: "log", ...axisOf(title, powers.map((power, end) => power * Math.log10(base) + [-0.1, 0.1][end]), ticks, label) };
  };
  const fromZero = (title, values, label, { base, steps } = decimal) => {
    const most = Math.max(...values) * 1.04, count = 5;
    const power = base ** Math.floor(Math.log(most / count) / Math.log(base));
    const step = power * [...steps, base].find(step => step * power * count >= most);
    return axisOf(title, [0, most], Array.from({ length: count + 1 }, (_, index) => index * step), label);
  };
  const suited = (values, label, scale) => Math.max(...values) > 30 * Math.min(...values)
    ? logarithmic("logarithmic", [...values, Math.min(...values) / 2], label, scale)
    : fromZero("", values, label, scale);

  // A card of plots that share a legend, whose buttons stand for what series have in common: a series is shown while all of its tags are
  // on. It has a trace for each plot.
  const drawn = [];
  const element = (name, parent, properties = {}) => parent.appendChild(Object.assign(document.createElement(name), properties));
  const card = (box, plots, legends, series, hidden = new Set()) => {
    const frame = element("div", box, { className: "card" });
    const draws = plots.map((plot, index) => {
      element("h3", frame, { textContent: plot.title });
      const target = element("div", frame);
      target.setAttribute("role", "img");
      target.setAttribute("aria-label", `${plot.title}. The tables have the numbers.`);
      return () => {
        const shown = series.filter(one => one.tags.every(tag => !hidden.has(tag))).map(one => one.traces[index]);
        const { height = 340, ...layout } = plot.layout(shown);

        // Where the window changes its size, plotly.js forgets the height that it was given, and takes the element's.
        target.style.height = `${height}px`;
        const axis = { gridcolor: ink("--line"), linecolor: ink("--line"), zeroline: false, automargin: true, fixedrange: true };
        Plotly.react(target, [...plot.lines?.() ?? [], ...shown], {
          height, margin: { l: 8, r: 12, t: 12, b: 24 }, showlegend: false, hovermode: "closest", dragmode: false,
          paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
          font: { color: ink("--ink"), family: "system-ui, sans-serif", size: 12 },
          hoverlabel: { bgcolor: ink("--paper"), bordercolor: ink("--muted"), font: { color: ink("--ink"), size: 12 }, align: "left" },
          ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
        }, { responsive: true, displayModeBar: false });
      };
    });
    for (const tags of legends.filter(tags => tags.length > 0)) {
      const legend = element("div", frame, { className: "legend" });
      for (const { name, style } of tags) {
        const button = element("button", legend, { type: "button" });
        Object.assign(element("i", button).style, style);
        button.append(name);
        const say = () => button.setAttribute("aria-pressed", String(!hidden.has(name)));
        button.addEventListener("click", () => {
          if (!hidden.delete(name))
            hidden.add(name);
          say();
          draws.forEach(draw => draw());
        });
        say();
      }
    }
    drawn.push(...draws);
  };
  const note = (box, text) => element("p", box, { className: "note", textContent: text });

  // Bars below each other, the devices' side by side, each place with its label above, which leaves a telephone all its width.
  const bars = (box, title, labels, series, label, scale) => {
    const values = series.flatMap(one => one.traces[0].x).filter(value => value > 0), longest = Math.max(...values);
    const whiskers = series.flatMap(one => one.traces[0].x.map((value, index) =>
      Math.min(value + (one.traces[0].error_x?.array[index] ?? 0), 1.3 * longest))).filter(value => value > 0);
    const [thickness, gap] = [13, 22];
    card(box, [{
      title,
      layout: shown => {
        const pitch = shown.length * thickness + gap;
        return {
          height: labels.length * pitch + 44, margin: { l: 8, r: 16, t: 10, b: 24 }, bargap: gap / pitch, barmode: "group",
          xaxis: suited([...values, ...whiskers], label, scale),
          yaxis: { range: [labels.length - 0.5, -0.5 - 8 / pitch], showticklabels: false, showgrid: false },
          annotations: labels.map((text, y) => ({
            text: escape(text), x: 0, xref: "paper", xanchor: "left", y, yshift: shown.length * thickness / 2 + 9, showarrow: false,
            font: { size: 12, color: ink("--muted") },
          })),
        };
      },
    }], [series.map(one => ({ name: one.tags[0], style: { background: one.color } }))], series);
  };
  const bar = (name, color, x, text) => ({
    tags: [name], color, traces: [{
      type: "bar", orientation: "h", x, y: x.map((_, index) => index), marker: { color },
      hovertext: text, hovertemplate: "%{hovertext}<extra></extra>",
    }],
  });

  const draw = {
    roofline: box => {
      const counted = timed.filter(row => row.operations && row.bytes);
      const all = distinct(counted.map(row => row.operation)), colorOf = operation => colorAt(all.indexOf(operation));
      for (const device of devices) {
        const own = counted.filter(row => row.device === device.selector);
        if (own.length === 0)
          continue;
        const operations = all.filter(operation => own.some(row => row.operation === operation));
        const { readGigabytesPerSecond: read, fmaGigaflopsPerSecond: fma, tensorGigaflopsPerSecond: tensor } = device.ceilings;
        const peaks = read > 0 ? [["FMA", fma], ["tensor", tensor]].filter(peak => peak[1] > 0) : [];
        const knees = peaks.map(peak => peak[1] / read);
        const intensities = own.map(row => row.operations / row.bytes);
        const [first, last] = [Math.min(...intensities, ...knees) / 2, Math.max(...intensities, ...knees) * 2];
        const roofs = peaks.map(([name, peak]) => ({ name, peak, points: [[first, first * read], [peak / read, peak], [last, peak]] }));
        const heights = [...own.map(row => row.gflops), ...roofs.flatMap(roof => roof.points.map(point => point[1]))];
        card(box, [{
          title: `${device.selector} ${device.name}`,
          layout: () => ({
            xaxis: logarithmic("Arithmetic intensity, operations a byte", [first, last], figure),
            yaxis: logarithmic("GFLOP/s", heights, figure),
          }),
          lines: () => roofs.map(({ name, peak, points }) => ({
            x: points.map(point => point[0]), y: points.map(point => point[1]), mode: "lines", line: { color: ink("--muted"), width: 2 },
            text: [`read ${figure(read)} GB/s`, `read ${figure(read)} GB/s, ${name} ${figure(peak)} GFLOP/s`, `${name} ${figure(peak)} GFLOP/s`],
            hovertemplate: "%{text}<extra></extra>",
          })),
        }], [operations.map(name => ({ name, style: { background: colorOf(name) } }))], operations.map(operation => {
          const points = own.filter(row => row.operation === operation);
          return {
            tags: [operation], traces: [{
              x: points.map(row => row.operations / row.bytes), y: points.map(row => row.gflops), mode: "markers",
              text: points.map(hover), hovertemplate: "%{text}<extra></extra>",
              marker: { color: colorOf(operation), size: 9, symbol: points.map(row => markerOf(cacheOf(row)).symbol) },
            }],
          };
        }));
      }
      if (!box.firstChild)
        note(box, "No operations of any row are counted.");
    },

    length: box => {
      for (const family of distinct(timed.filter(row => row.family).map(row => row.family))) {
        const own = timed.filter(row => row.family === family);
        const lengths = distinct(own.map(row => row.length)).sort((left, right) => left - right);
        if (lengths.length < 2)
          continue;
        const ways = distinct(own.map(wayOf)), selectors = distinct(own.map(row => row.device)), caches = distinct(own.map(cacheOf)).sort();
        const rate = own.every(row => [null, "FMA", "tensor"].includes(row.ceiling)) && own.some(row => row.gflops) ? "gflops" : "gbps";
        const xaxis = { ...logarithmic("Keys or tokens", lengths, String), tickvals: lengths, ticktext: lengths.map(String) };
        card(box, [
          { title: `Time: ${family}`, layout: () => ({ xaxis, yaxis: logarithmic("", own.map(row => row.medianMs), time) }) },
          {
            title: rate === "gflops" ? "Rate, GFLOP/s" : "Rate, GB/s",
            layout: () => ({ xaxis, yaxis: fromZero("", own.map(row => row[rate] ?? 0), figure) }),
          },
        ], [
          ways.map((name, index) => ({ name, style: { background: colorAt(index) } })),
          selectors.map((name, index) => ({ name, style: { height: 0, borderTop: `3px ${lineStyles[index % lineStyles.length]}` } })),
          caches.length > 1 ? caches.map(name => ({ name, style: { borderRadius: "50%", ...markerOf(name).style } })) : [],
        ], Object.values(Object.groupBy(own, row => [row.device, wayOf(row), row.cache].join())).map(line => {
          line.sort((left, right) => left.length - right.length);
          const color = colorAt(ways.indexOf(wayOf(line[0])));
          const trace = (y, quartiles) => ({
            x: line.map(row => row.length), y, mode: "lines+markers", ...quartiles,
            line: { color, dash: dashes[selectors.indexOf(line[0].device) % dashes.length], width: 2 },
            marker: { color, size: 7, symbol: markerOf(cacheOf(line[0])).symbol },
            text: line.map(hover), hovertemplate: "%{text}<extra></extra>",
          });
          return {
            tags: [wayOf(line[0]), line[0].device, cacheOf(line[0])],
            traces: [trace(line.map(row => row.medianMs), { error_y: quartilesOf(line) }), trace(line.map(row => row[rate]), {})],
          };
        }), new Set(caches.slice(1)));
      }
      if (!box.firstChild)
        note(box, "No two rows of this report differ in their length alone.");
    },

    group: box => {
      const own = timed.filter(row => row.group === Number(box.dataset.group));
      if (own.length === 0)
        return;
      const placeOf = row => `${wayOf(row)} · ${cacheOf(row)}`;
      const places = distinct(own.map(placeOf)), ways = distinct(own.map(wayOf));
      const among = (device, names, nameOf) => names.map(name => own.find(row => row.device === device && nameOf(row) === name));
      const selectors = devices.map(device => device.selector).filter(selector => own.some(row => row.device === selector));
      const colorOf = selector => colorAt(devices.findIndex(device => device.selector === selector));
      bars(box, "Time of a run, with quartiles", places, selectors.map(selector => {
        const found = among(selector, places, placeOf);
        const one = bar(
          selector, colorOf(selector), found.map(row => row?.medianMs ?? null), found.map(row => row ? hover(row) : ""));
        one.traces[0].error_x = { ...quartilesOf(found), color: "#888888" };
        return one;
      }), time);
      const workspaces = selectors
        .map(selector => [selector, among(selector, ways, wayOf).map(row => row?.workspaceBytes ?? null)])
        .filter(([, bytes]) => bytes.some(size => size > 0));
      if (workspaces.length === 0)
        return;
      const sized = (name, color, bytes) => bar(name, color, bytes, bytes.map((size, index) =>
        size === null ? "" : `<b>${escape(name)}</b><br>${escape(ways[index])}<br>${memory(size)}`));
      const operands = ways.map(way => own.find(row => wayOf(row) === way && row.bytes)?.bytes ?? null);
      bars(box, "Memory of a run", ways, [
        sized("inputs and outputs", "#8a949e", operands),
        ...workspaces.map(([selector, bytes]) => sized(`workspace, ${selector}`, colorOf(selector), bytes)),
      ], memory, binary);
    },
  };
  const quartilesOf = line => ({
    type: "data", symmetric: false, array: line.map(row => row ? row.upperQuartileMs - row.medianMs : 0),
    arrayminus: line.map(row => row ? row.medianMs - row.lowerQuartileMs : 0), thickness: 1.5, width: 3,
  });

  // The width of a card is known when all are there.
  document.querySelectorAll("[data-charts]").forEach(box => draw[box.dataset.charts](box));
  drawn.forEach(draw => draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(draw => draw()));
})();
