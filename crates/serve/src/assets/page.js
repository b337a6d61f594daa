// Keeps the page up to date: sections and curves arrive as server-sent events, and what is chosen is
// in the address. Texts are only ever inserted as the server escaped them.
"use strict";
(() => {
  const plotBox = () => document.getElementById("plot");
  const form = () => document.getElementById("view");
  const connection = document.getElementById("connection");
  const SERIES = 12;
  const STYLES = ["solid", "dashed", "dotted", "double"];
  // Steps between marks of an axis of whole numbers.
  const WHOLE = [...Array(9).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  const DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

  // ---- what is chosen, in the address -------------------------------------------------------

  const query = () => {
    const old = new URLSearchParams(location.search);
    const chosen = new URLSearchParams();
    const fields = form();
    if (!fields) return old;
    const apart = new Set(["tick", "sort", "order"]);
    // Ticks of rows that another page of the leaderboard has stay.
    const shown = new Set([...document.querySelectorAll('input[name="tick"]')].map((box) => box.value));
    // Another axis has other numbers.
    if ((old.get("x") ?? "epoch") !== fields.elements.x.value) old.delete("zoom");
    for (const [name, value] of new FormData(fields)) {
      const isDefault = value === "" || (name === "smooth" && value === "0") ||
        (name === "x" && value === "epoch") || (name === "metric" && value === plot.ownMetric);
      if (!apart.has(name) && !isDefault) chosen.append(name, value);
    }
    for (const name of ["sort", "order", "zoom"]) if (old.has(name)) chosen.append(name, old.get(name));
    for (const tick of old.getAll("tick")) if (!shown.has(tick)) chosen.append("tick", tick);
    for (const box of document.querySelectorAll('input[name="tick"]:checked')) chosen.append("tick", box.value);
    return chosen;
  };

  const address = (search) => location.pathname + (search.toString() ? "?" + search : "");

  const choose = async (search, isStep) => {
    history[isStep ? "pushState" : "replaceState"](null, "", address(search));
    await reload();
  };

  // The whole page again, for what a choice changes at once.
  let loading = 0;
  const reload = async () => {
    const number = ++loading;
    close();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const text = await answer.text();
      if (number !== loading) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      for (const section of page.querySelectorAll("#main > [data-mark]")) {
        replace(section.id, section.innerHTML, section.dataset.mark);
      }
    } catch {
      say("not connected");
    }
    if (number === loading) open();
  };

  // ---- sections -----------------------------------------------------------------------------

  const replace = (id, html, mark) => {
    const section = document.getElementById(id);
    if (!section) return;
    if (section.dataset.mark === mark) return;
    const focused = document.activeElement && section.contains(document.activeElement) ? document.activeElement.id : "";
    const opened = [...section.querySelectorAll("details")].map((details) => details.open);
    section.innerHTML = html;
    section.dataset.mark = mark;
    [...section.querySelectorAll("details")].forEach((details, i) => { if (opened[i]) details.open = true; });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    paintKeys();
  };

  let source = null;
  const say = (words) => { connection.textContent = words; };
  const close = () => { source?.close(); source = null; };
  const open = () => {
    close();
    if (document.hidden) return;
    const search = new URLSearchParams(location.search);
    for (const section of document.querySelectorAll("#main > [data-mark]")) {
      search.append("seen", section.id + "." + section.dataset.mark);
    }
    source = new EventSource("events?" + search);
    source.addEventListener("open", () => say("live"));
    source.addEventListener("error", () => {
      say(source?.readyState === EventSource.CLOSED ? "not connected" : "connecting…");
      // The browser tries again by itself, unless the answer was none of ours.
      if (source?.readyState === EventSource.CLOSED) setTimeout(() => source && open(), 5000);
    });
    source.addEventListener("sections", (event) => {
      const sections = JSON.parse(event.data);
      if (sections.error || !document.getElementById(Object.keys(sections)[0])) {
        // What there is to see has become something else.
        location.reload();
        return;
      }
      for (const [id, { html, mark }] of Object.entries(sections)) replace(id, html, mark);
    });
    source.addEventListener("curves", (event) => plot.update(JSON.parse(event.data)));
  };

  // ---- curves -------------------------------------------------------------------------------

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(5));
  };

  const plot = {
    chart: null,
    data: null,
    slots: new Map(),
    ownMetric: null,
    zoom: null,

    // Each curve keeps its look as long as the page is open.
    slot(id) {
      if (!this.slots.has(id)) {
        const taken = new Set([...this.slots.entries()].filter(([other]) => this.data.series.some((s) => s.id === other)).map(([, slot]) => slot));
        let free = 0;
        while (taken.has(free) && free < SERIES - 1) free += 1;
        this.slots.set(id, free);
      }
      return this.slots.get(id);
    },

    update(message) {
      if (message.series) {
        this.data = message;
      } else if (this.data) {
        for (const { series, from, x, y } of message.added) {
          const curve = this.data.series[series];
          curve.x = curve.x.slice(0, from).concat(x);
          curve.y = curve.y.slice(0, from).concat(y);
        }
      }
      this.draw();
    },

    choice(name) { return form()?.elements[name]?.value ?? ""; },

    aligned() {
      const share = Number(this.choice("smooth")) / 100;
      const tables = this.data.series.map(({ x, y }) => [x, smooth(y, share)]);
      return tables.length ? uPlot.join(tables) : [[], []];
    },

    // The part that is looked at is in the address, too.
    setZoom(range) {
      this.zoom = range;
      const search = new URLSearchParams(location.search);
      if (range) search.set("zoom", range.map(number).join("_"));
      else search.delete("zoom");
      history.replaceState(null, "", address(search));
    },

    draw() {
      const box = plotBox();
      if (!box || !this.data) return;
      const log = this.choice("log");
      const shape = JSON.stringify([this.data.metric, this.data.axis, log, this.data.series.map((s) => s.id), document.documentElement.dataset.theme]);
      if (this.chart && shape === this.shape) {
        this.chart.setData(this.aligned(), !this.zoom);
        if (this.zoom) this.chart.setScale("x", { min: this.zoom[0], max: this.zoom[1] });
      } else {
        this.chart?.destroy();
        this.shape = shape;
        box.textContent = "";
        if (this.data.series.length === 0) {
          const words = document.createElement("p");
          words.textContent = "No epoch has ended yet.";
          box.append(words);
          this.chart = null;
        } else {
          this.chart = new uPlot(this.options(box, log), this.aligned(), box);
          const range = new URLSearchParams(location.search).get("zoom")?.split("_").map(Number);
          this.zoom = range?.length === 2 && range.every(Number.isFinite) ? range : null;
          if (this.zoom) this.chart.setScale("x", { min: range[0], max: range[1] });
        }
      }
      paintKeys();
    },

    options(box, log) {
      const axis = { stroke: color("--muted"), grid: { stroke: color("--grid"), width: 1 }, ticks: { stroke: color("--grid"), width: 1 }, font: "12px Convsweep Sans, sans-serif", labelFont: "13px Convsweep Sans, sans-serif" };
      return {
        width: Math.max(280, box.clientWidth),
        height: box.clientWidth < 500 ? 300 : 380,
        scales: { x: { time: false, distr: log.includes("x") ? 3 : 1 }, y: { distr: log.includes("y") ? 3 : 1 } },
        axes: [
          { ...axis, label: this.data.axis, ...(this.data.axis === "seconds" ? {} : { incrs: WHOLE }) },
          { ...axis, label: this.data.metric.replaceAll("_", " "), size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
        ],
        series: [
          { label: this.data.axis, value: (_, value) => number(value) },
          ...this.data.series.map((curve) => {
            const slot = this.slot(curve.id);
            return { label: curve.label, stroke: color("--s" + slot), width: 2, dash: DASHES[slot % DASHES.length], spanGaps: true, points: { show: curve.x.length < 30 }, value: (_, value) => number(value) };
          }),
        ],
        legend: { markers: { dash: (_, i) => STYLES[i > 0 ? this.slot(this.data.series[i - 1].id) % STYLES.length : 0] } },
        hooks: {
          setSelect: [(chart) => {
            if (chart.select.width > 0) this.setZoom([0, chart.select.width].map((x) => chart.posToVal(chart.select.left + x, "x")));
          }],
          setScale: [(chart, key) => { if (key === "x") box.dataset.range = [chart.scales.x.min, chart.scales.x.max].map(number).join(" to "); }],
        },
      };
    },

    // Reads the values at the cursor aloud.
    read() {
      const place = this.chart.cursor.idx;
      if (place === null || place === undefined) return;
      const words = [this.data.axis + " " + number(this.chart.data[0][place])];
      this.data.series.forEach((curve, i) => {
        const value = this.chart.data[i + 1][place];
        if (value !== null && value !== undefined) words.push(curve.label + ": " + number(value));
      });
      document.getElementById("values").textContent = words.join("; ");
    },

    key(event) {
      const chart = this.chart;
      if (!chart) return;
      const xs = chart.data[0];
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -xs.length, End: xs.length }[event.key];
      if (step !== undefined) {
        const place = Math.min(xs.length - 1, Math.max(0, (chart.cursor.idx ?? -1) + step));
        chart.setCursor({ left: chart.valToPos(xs[place], "x"), top: 10 });
        this.read();
        event.preventDefault();
      } else if (event.key === "+" || event.key === "-" || event.key === "0") {
        const { min, max } = chart.scales.x;
        const middle = chart.cursor.idx ? xs[chart.cursor.idx] : (min + max) / 2;
        const half = (max - min) * (event.key === "+" ? 0.25 : 1);
        const all = event.key === "0" || middle - half < xs[0] && middle + half > xs[xs.length - 1];
        const range = all ? [xs[0], xs[xs.length - 1]] : [Math.max(xs[0], middle - half), Math.min(xs[xs.length - 1], middle + half)];
        this.setZoom(all ? null : range);
        chart.setScale("x", { min: range[0], max: range[1] });
        event.preventDefault();
      }
    },
  };

  // Exponential moving average, without the pull towards 0 at its start.
  const smooth = (values, share) => {
    if (!share) return values;
    let sum = 0, weight = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = share * sum + (1 - share) * value;
      weight = share * weight + (1 - share);
      return sum / weight;
    });
  };

  const paintKeys = () => {
    const drawn = new Set(plot.data ? plot.data.series.map((curve) => curve.id) : []);
    for (const key of document.querySelectorAll(".key")) {
      key.className = drawn.has(key.dataset.series) ? "key k" + plot.slot(key.dataset.series) : "key";
    }
  };

  // ---- what people do -----------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    if (event.target.form !== form() || !form()) return;
    if (event.target.name === "smooth" || event.target.name === "log") {
      history.replaceState(null, "", address(query()));
      plot.draw(false);
    } else {
      choose(query(), true);
    }
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    if (event.target.name === "smooth") plot.draw(false);
    if (event.target.name !== "text") return;
    clearTimeout(typing);
    typing = setTimeout(() => choose(query(), false), 250);
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    choose(query(), true);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('#leaderboard a[href^="?"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(new URLSearchParams(link.getAttribute("href")), true);
  });
  addEventListener("popstate", () => location.reload());
  document.addEventListener("dblclick", (event) => {
    if (plotBox()?.contains(event.target)) plot.setZoom(null);
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, select, textarea");
    if (event.target === plotBox()) plot.key(event);
    if (event.key === "/" && !isTyping) {
      document.getElementById("filter")?.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  let resizing = 0;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => { plot.shape = ""; plot.draw(false); }, 150);
  });

  // ---- light and dark -----------------------------------------------------------------------

  const theme = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => {
    theme.textContent = isDark() ? "Light" : "Dark";
    plot.shape = "";
    plot.draw(false);
  };
  const stored = localStorage.getItem("theme");
  if (stored) document.documentElement.dataset.theme = stored;
  theme.hidden = false;
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
    showTheme();
  });
  dark.addEventListener("change", showTheme);

  plot.ownMetric = form()?.dataset.metric ?? null;
  showTheme();
  open();
})();
