/* Draws the blocks on the map that folium has started, and follows what is chosen without loading
   the page anew. Shapes are fetched once; the slider fetches figures only. Every word is put in as
   text. */
"use strict";

(() => {
  const frame = document.getElementById("map-frame");
  const told = document.getElementById("map-told");
  const map = window.map;
  const words = frame ? frame.dataset : {};
  if (!map || !map.fitBounds) {
    if (told) {
      told.textContent = words.failed;
      told.hidden = false;
    }
    return;
  }
  const EDGE = { color: "#5d6f76", weight: 0.6, opacity: 0.7 };
  const LIFTED = { color: "#12303a", weight: 3, opacity: 1 };
  const GREY = "#efece4";
  const ASIDE = [0, -12, 12, -24, 24, -36, 36, -48, 48, -72, 72];
  const WIDE = 480;
  const NEAR = 14.5; /* from this zoom on the blocks of a large town are drawn */
  const SIGN_SIZE = 18;
  const KEPT_FIGURES = 30;
  const HERE = { credentials: "same-origin" };
  const form = document.getElementById("choose");
  const shapes = new Map(); /* code of a block: its layer */
  const districts = new Map(); /* code of a district: all that is known of it */
  const kept = new Map(); /* figures by what was asked */
  const names = [];
  let figures = null;
  let chosen = null;
  let asked = 0;

  map.getContainer().setAttribute("role", "region");
  map.getContainer().setAttribute("aria-label", words.label);
  L.control.zoom({ zoomInTitle: words.closer, zoomOutTitle: words.farther }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 130 }).addTo(map);

  /* On a wide map what is told stands in its corner; on a narrow one below it. */
  if (map.getSize().x >= WIDE) {
    const corner = L.control({ position: "topright" });
    corner.onAdd = () => told;
    corner.addTo(map);
    L.DomEvent.disableClickPropagation(told);
  }

  /* What lies beneath the blocks and what lies over them; only blocks answer the mouse. */
  function pane(name, height) {
    const made = map.createPane(name);
    made.style.zIndex = height;
    made.style.pointerEvents = "none";
    return L.canvas({ pane: name, padding: 0.3 });
  }
  const beneath = pane("ground", 350);
  const over = pane("streets", 420);
  const onTop = pane("signs", 450);
  const blocks = L.canvas({ padding: 0.3 });

  const paths = {};
  for (const path of document.querySelectorAll("path.sign-shape")) {
    paths[path.id.replace("sign-", "")] = new Path2D(path.getAttribute("d"));
  }

  /* A sign: the same path as in the legend, light with a dark rim. */
  const Sign = L.CircleMarker.extend({
    options: { radius: SIGN_SIZE / 2, interactive: false },
    _updatePath() {
      const context = this._renderer._ctx;
      if (!this._renderer._drawing || this._empty()) {
        return;
      }
      const size = Math.min(1, Math.max(0.6, (map.getZoom() - 11) / 4));
      context.save();
      context.translate(this._point.x, this._point.y);
      context.scale(size, size);
      context.lineJoin = "round";
      context.lineWidth = 2;
      context.strokeStyle = "#12303a";
      context.fillStyle = "#ffffff";
      context.stroke(this.options.path);
      context.fill(this.options.path);
      context.restore();
    },
  });

  async function ask(address) {
    const answer = await fetch(address, HERE);
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return answer.json();
  }

  function fail() {
    told.textContent = words.failed;
    told.hidden = false;
  }

  /* -- what is told of a block ------------------------------------------------------------- */

  function aboutBlock(layer) {
    const { home, place } = layer;
    const about = layer.feature.properties;
    const seen = figures.districts[home.code];
    const lines = [
      `${home.name}, ${about.area}`,
      words.dwellings.replace("COUNT", about.dwellings),
    ];
    if (seen) {
      const level = figures.levels[seen.level[place]];
      const sign = figures.signs[seen.sign[place]];
      lines.push(figures.counts[seen.count[place]], figures.rates[seen.rate[place]]);
      lines.push(level.words, sign.words);
    }
    return { name: about.name, code: about.code, lines: lines.filter((line) => line) };
  }

  function lines(about) {
    const list = document.createElement("div");
    const name = document.createElement("strong");
    name.textContent = about.name;
    list.append(name);
    for (const line of about.lines) {
      const part = document.createElement("div");
      part.textContent = line;
      list.append(part);
    }
    return list;
  }

  function pageOf(code) {
    const kind = form.elements.soort.value;
    return words.page.replace("CODE", encodeURIComponent(code)).replace("KIND", kind);
  }

  function tell(about) {
    const link = document.createElement("a");
    link.href = pageOf(about.code);
    link.className = "button secondary";
    link.textContent = words.whole;
    const paragraph = document.createElement("p");
    paragraph.append(link);
    told.replaceChildren(lines(about), paragraph);
    told.hidden = false;
  }

  function lift(layer) {
    layer.setStyle(LIFTED);
    layer.bringToFront();
  }

  function lower(layer) {
    if (layer !== chosen) {
      layer.setStyle(EDGE);
    }
  }

  function choose(layer) {
    const before = chosen;
    chosen = layer;
    if (before) {
      lower(before);
    }
    lift(layer);
    tell(aboutBlock(layer));
  }

  /* -- districts and their blocks ---------------------------------------------------------- */

  function named(feature, home, always) {
    const { name, label } = feature.properties;
    const text = document.createElement("span");
    text.textContent = name;
    const sign = L.tooltip(label, {
      permanent: true,
      direction: "center",
      className: "place-name",
    });
    const entry = { sign: sign.setContent(text), text, home, always, name };
    names.push(entry);
    return entry;
  }

  function drawDistrict(feature) {
    const { code, name } = feature.properties;
    const layer = L.geoJSON(feature, {
      renderer: blocks,
      style: { ...EDGE, weight: 1.4, fillColor: GREY, fillOpacity: 0.92 },
    });
    const home = {
      code,
      name,
      outline: layer,
      bounds: layer.getBounds(),
      group: null,
      asked: null,
      entry: "allAtOnce" in words ? null : named(feature, layer.getBounds(), true),
    };
    layer.on("click", () => map.fitBounds(home.bounds));
    districts.set(code, home);
  }

  function dress(feature, layer) {
    const about = feature.properties;
    shapes.set(about.code, layer);
    layer.on("mouseover", () => lift(layer));
    layer.on("mouseout", () => lower(layer));
    layer.on("click", () => choose(layer));
  }

  /* The blocks of one district, fetched once. */
  function load(home) {
    home.asked ??= ask(`${words.shapes}&wijk=${encodeURIComponent(home.code)}`).then((told) => {
      let place = 0;
      home.blocks = [];
      const drawn = L.geoJSON(told, {
        renderer: blocks,
        style: { ...EDGE, fillColor: GREY, fillOpacity: 0.92 },
        onEachFeature(feature, layer) {
          layer.home = home;
          layer.place = place;
          place += 1;
          home.blocks.push(layer);
          dress(feature, layer);
        },
      });
      const around = L.geoJSON(told.neighbourhoods, {
        renderer: over,
        interactive: false,
        style: { color: "#12303a", weight: 1.6, opacity: 0.75, fill: false },
      });
      drawn.bindTooltip((layer) => lines(aboutBlock(layer)), { sticky: true });
      home.signs = L.layerGroup();
      home.group = L.layerGroup([drawn, around, home.signs]);
      home.entries = told.neighbourhoods.features.map((feature, at) =>
        named(feature, around.getLayers()[at].getBounds(), false),
      );
      colour(home);
    });
    return home.asked;
  }

  function show(home, near) {
    const has = near && home.group;
    for (const [layer, wanted] of [
      [home.outline, !has],
      [home.group, has],
      ...[home.entry, ...(home.entries ?? [])]
        .filter((entry) => entry)
        .map((entry) => [entry.sign, entry.always ? !has : has]),
    ]) {
      if (layer && wanted && !map.hasLayer(layer)) {
        layer.addTo(map);
      } else if (layer && !wanted && map.hasLayer(layer)) {
        layer.remove();
      }
    }
  }

  function near(home) {
    return (
      "allAtOnce" in words || (map.getZoom() >= NEAR && map.getBounds().intersects(home.bounds))
    );
  }

  async function fill() {
    const wanted = [...districts.values()].filter(near);
    await Promise.all(wanted.map(load));
    for (const home of districts.values()) {
      show(home, near(home));
    }
    placeNames();
  }

  /* -- figures ------------------------------------------------------------------------------ */

  function colour(home) {
    const seen = figures && figures.districts[home.code];
    if (home.entry && seen) {
      home.entry.text.textContent = `${home.name}: ${seen.said}`;
    }
    if (!home.blocks || !seen) {
      return;
    }
    home.signs.clearLayers();
    home.blocks.forEach((layer, place) => {
      const level = figures.levels[seen.level[place]];
      layer.out = level.out;
      if (layer.options.fillColor !== level.colour) {
        layer.setStyle({ fillColor: level.colour });
      }
      const sign = figures.signs[seen.sign[place]].key;
      if (sign) {
        const at = layer.feature.properties.at;
        home.signs.addLayer(new Sign(at, { renderer: onTop, path: paths[sign] }));
      }
    });
  }

  function askFigures(choice) {
    const query = new URLSearchParams({
      soort: choice.get("soort"),
      periode: choice.get("periode"),
    });
    const key = String(query);
    if (!kept.has(key)) {
      kept.set(key, ask(`${words.figures}&${key}`));
      kept.get(key).catch(() => kept.delete(key));
      if (kept.size > KEPT_FIGURES) {
        kept.delete(kept.keys().next().value);
      }
    }
    return kept.get(key);
  }

  function wear(fresh) {
    if (fresh.layer !== words.layer) {
      window.location.reload(); /* the blocks themselves have changed */
      return;
    }
    figures = fresh;
    for (const home of districts.values()) {
      colour(home);
    }
    if (chosen) {
      tell(aboutBlock(chosen));
    }
  }

  /* -- names -------------------------------------------------------------------------------- */

  /* A name steps aside for a block that stands out, for a button and for another name. Where
     there is no room for all of it, it stays away until the map is closer. */
  function placeNames() {
    const whole = L.bounds([0, 0], map.getSize());
    const corner = map.getContainer().getBoundingClientRect();
    const view = map.getBounds();
    const onScreen = (bounds) =>
      L.bounds(
        map.latLngToContainerPoint(bounds.getNorthWest()),
        map.latLngToContainerPoint(bounds.getSouthEast()),
      );
    const taken = [...shapes.values()]
      .filter((layer) => layer.out && map.hasLayer(layer) && view.intersects(layer.getBounds()))
      .map((layer) => onScreen(layer.getBounds()));
    for (const control of map.getContainer().querySelectorAll(".leaflet-control")) {
      const box = control.getBoundingClientRect();
      const start = L.point(box.left - corner.left, box.top - corner.top);
      taken.push(L.bounds(start, start.add([box.width, box.height])));
    }
    for (const { sign, home } of names.filter((each) => map.hasLayer(each.sign))) {
      const label = sign.getElement();
      label.hidden = false;
      const half = L.point(label.offsetWidth / 2, label.offsetHeight / 2);
      const middle = map.latLngToContainerPoint(sign.getLatLng());
      const places = ASIDE.map((step) => {
        const at = middle.add([0, step]);
        return { step, at, covers: L.bounds(at.subtract(half), at.add(half)) };
      });
      const found = places.find(
        ({ at, covers }) =>
          (!home || onScreen(home).contains(at)) &&
          whole.contains(covers) &&
          !taken.some((box) => box.overlaps(covers)),
      );
      if (found) {
        taken.push(found.covers);
        sign.options.offset = L.point(0, found.step);
        sign.update();
      }
      label.hidden = !found;
    }
  }

  /* -- beneath and around ------------------------------------------------------------------- */

  const LOOKS = {
    surroundings: { renderer: beneath, color: "#8fa0a6", weight: 1, fillColor: "#f3f1ea", fillOpacity: 1 },
    water: { renderer: over, stroke: false, fillColor: "#cfe3ea", fillOpacity: 1 },
    streets: { renderer: over, color: "#ffffff", weight: 2, opacity: 0.9, fill: false },
  };

  function drawGround(told) {
    for (const feature of told.features) {
      const look = LOOKS[feature.properties.layer];
      L.geoJSON(feature, { interactive: false, style: look, ...look }).addTo(map);
      if (feature.properties.name) {
        named(feature, null, true).sign.addTo(map);
      }
    }
  }

  if (words.tiles) {
    L.tileLayer(words.tiles, { attribution: words.tilesBy, maxZoom: 19 }).addTo(map);
    L.control.attribution({ prefix: false }).addTo(map);
  }

  /* -- choosing without leaving the page ---------------------------------------------------- */

  function listenToTable() {
    const layerOf = (event) => {
      const row = event.target.closest ? event.target.closest("tr[data-block]") : null;
      return row && shapes.get(row.dataset.block);
    };
    for (const [word, act] of [
      ["mouseover", lift],
      ["mouseout", lower],
      ["focusin", lift],
      ["focusout", lower],
    ]) {
      document.getElementById("swap-table").addEventListener(word, (event) => {
        const layer = layerOf(event);
        if (layer && map.hasLayer(layer)) {
          act(layer);
        }
      });
    }
  }

  function choice() {
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...fields]) {
      if (!value) {
        fields.delete(name);
      }
    }
    return fields;
  }

  /* The page says everything in words, so the words come from the page itself. */
  async function follow() {
    asked += 1;
    const turn = asked;
    const wanted = choice();
    const address = `${form.action}?${wanted}`;
    const [fresh, page] = await Promise.all([
      askFigures(wanted),
      fetch(address, HERE).then((answer) => {
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        return answer.text();
      }),
    ]);
    if (turn !== asked) {
      return; /* something else was chosen meanwhile */
    }
    const other = new DOMParser().parseFromString(page, "text/html");
    for (const part of document.querySelectorAll("[data-swaps]")) {
      const twin = other.getElementById(part.id);
      const held = part.contains(document.activeElement)
        ? document.activeElement.dataset.kind
        : undefined;
      part.replaceChildren(...twin.childNodes);
      if (held) {
        part.querySelector(`[data-kind="${CSS.escape(held)}"]`).focus();
      }
    }
    document.dispatchEvent(new Event("table-swapped"));
    window.history.replaceState(null, "", address);
    wear(fresh);
    placeNames();
  }

  function changed() {
    follow().catch(() => form.submit());
  }

  let waiting = 0;
  function soon(milliseconds) {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(changed, milliseconds);
  }

  function setUpChoosing() {
    const period = form.elements.periode;
    const box = document.getElementById("time");
    const range = document.getElementById("time-range");
    const said = document.getElementById("time-said");
    const last = period.options.length - 1;
    function speak() {
      const option = period.options[last - Number(range.value)];
      range.setAttribute("aria-valuetext", option.textContent);
      said.textContent = option.textContent;
    }
    range.value = String(last - period.selectedIndex);
    speak();
    box.hidden = false;
    document.documentElement.classList.add("follows");
    range.addEventListener("input", () => {
      period.selectedIndex = last - Number(range.value);
      speak();
      soon(120);
    });
    for (const control of form.elements) {
      if (control.type === "search") {
        control.addEventListener("input", () => soon(200));
      } else if (control !== range && control.name) {
        control.addEventListener("change", () => {
          range.value = String(last - period.selectedIndex);
          speak();
          soon(0);
        });
      }
    }
    form.elements.wijk.addEventListener("change", () => {
      const home = districts.get(form.elements.wijk.value);
      if (home) {
        map.fitBounds(home.bounds);
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      soon(0);
    });
    document.getElementById("swap-kinds").addEventListener("click", (event) => {
      const link = event.target.closest("[data-kind]");
      if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        form.elements.soort.value = link.dataset.kind;
        soon(0);
      }
    });
  }

  /* Paper has another size than the screen: what is in view has to fit it, and come back after. */
  function fitPaper() {
    const still = { animate: false };
    const box = map.getContainer();
    let before = null;
    window.addEventListener("beforeprint", () => {
      const seen = map.getBounds();
      before = [map.getCenter(), map.getZoom()];
      box.classList.add("on-paper");
      map.invalidateSize(still);
      map.fitBounds(seen, still);
    });
    window.addEventListener("afterprint", () => {
      box.classList.remove("on-paper");
      map.invalidateSize(still);
      if (before) {
        map.setView(...before, still);
      }
    });
  }

  function showAllThatStandsOut() {
    const view = map.getBounds();
    const away = [...shapes.values()].filter((layer) => layer.out);
    if (away.some((layer) => !view.intersects(layer.getBounds()))) {
      away.forEach((layer) => view.extend(layer.getBounds()));
      map.fitBounds(view);
    }
  }

  async function begin() {
    const ground = words.ground ? ask(words.ground).then(drawGround).catch(() => {}) : null;
    const [outlines, fresh] = await Promise.all([ask(words.districts), askFigures(choice())]);
    figures = fresh;
    outlines.features.forEach(drawDistrict);
    await ground;
    wear(fresh);
    await fill();
    map.on("moveend", () => fill().catch(fail));
    if ("allAtOnce" in words) {
      showAllThatStandsOut();
    }
    const wantedDistrict = districts.get(form.elements.wijk.value);
    if (wantedDistrict) {
      map.fitBounds(wantedDistrict.bounds, { animate: false });
    }
    const wanted = shapes.get(words.chosen);
    if (wanted) {
      map.fitBounds(wanted.getBounds().pad(4));
      choose(wanted);
    }
    placeNames();
    listenToTable();
    setUpChoosing();
    fitPaper();
    frame.dataset.ready = "true";
  }

  begin().catch(fail);
})();
