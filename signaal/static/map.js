/* Draws the blocks on the map that folium has started. Every word is put in as text. */
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
  const ASIDE = [0, -12, 12, -24, 24, -36, 36, -48, 48, -72, 72];
  const WIDE = 480;
  const shapes = new Map();
  const names = [];
  let coloured = [];
  let chosen = null;

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
    return words.page.replace("CODE", encodeURIComponent(code));
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
    tell(layer.feature.properties);
  }

  function dress(feature, layer) {
    const about = feature.properties;
    shapes.set(about.code, layer);
    layer.bindTooltip(() => lines(about), { sticky: true });
    layer.on("mouseover", () => lift(layer));
    layer.on("mouseout", () => lower(layer));
    layer.on("click", () => choose(layer));
  }

  function outline(collection) {
    const group = L.geoJSON(collection, {
      interactive: false,
      style: { color: "#12303a", weight: 1.6, opacity: 0.75, fill: false },
    }).addTo(map);
    group.eachLayer((layer) => {
      const { name, label } = layer.feature.properties;
      const text = document.createElement("span");
      text.textContent = name;
      const sign = L.tooltip(label, {
        permanent: true,
        direction: "center",
        className: "place-name",
      });
      names.push({ sign: sign.setContent(text).addTo(map), home: layer.getBounds() });
    });
  }

  /* A name steps aside for a block that stands out, for a button and for another name. Where
     there is no room for all of it, it stays away until the map is closer. */
  function placeNames() {
    const whole = L.bounds([0, 0], map.getSize());
    const corner = map.getContainer().getBoundingClientRect();
    const onScreen = (bounds) =>
      L.bounds(
        map.latLngToContainerPoint(bounds.getNorthWest()),
        map.latLngToContainerPoint(bounds.getSouthEast()),
      );
    const taken = coloured.map((layer) => onScreen(layer.getBounds()));
    for (const control of map.getContainer().querySelectorAll(".leaflet-control")) {
      const box = control.getBoundingClientRect();
      const start = L.point(box.left - corner.left, box.top - corner.top);
      taken.push(L.bounds(start, start.add([box.width, box.height])));
    }
    for (const { sign, home } of names) {
      const words = sign.getElement();
      words.hidden = false;
      const half = L.point(words.offsetWidth / 2, words.offsetHeight / 2);
      const middle = map.latLngToContainerPoint(sign.getLatLng());
      const places = ASIDE.map((step) => {
        const at = middle.add([0, step]);
        return { step, at, covers: L.bounds(at.subtract(half), at.add(half)) };
      });
      const found = places.find(
        ({ at, covers }) =>
          onScreen(home).contains(at) &&
          whole.contains(covers) &&
          !taken.some((box) => box.overlaps(covers)),
      );
      if (found) {
        taken.push(found.covers);
        sign.options.offset = L.point(0, found.step);
        sign.update();
      }
      words.hidden = !found;
    }
  }

  function listenToTable() {
    for (const row of document.querySelectorAll("tr[data-block]")) {
      const layer = shapes.get(row.dataset.block);
      if (layer) {
        row.addEventListener("mouseenter", () => lift(layer));
        row.addEventListener("mouseleave", () => lower(layer));
        row.addEventListener("focusin", () => lift(layer));
        row.addEventListener("focusout", () => lower(layer));
      }
    }
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

  function draw(collection) {
    L.geoJSON(collection, {
      style: (feature) => ({ ...EDGE, fillColor: feature.properties.colour, fillOpacity: 0.92 }),
      onEachFeature: dress,
    }).addTo(map);
    outline(collection.neighbourhoods);
    coloured = [...shapes.values()].filter((layer) => layer.feature.properties.out);
    const view = map.getBounds();
    if (coloured.some((layer) => !view.intersects(layer.getBounds()))) {
      coloured.forEach((layer) => view.extend(layer.getBounds()));
      map.fitBounds(view);
    }
    map.on("moveend", placeNames);
    placeNames();
    listenToTable();
    const wanted = shapes.get(words.chosen);
    if (wanted) {
      map.fitBounds(wanted.getBounds().pad(4));
      choose(wanted);
    }
    fitPaper();
    frame.dataset.ready = "true";
  }

  fetch(words.blocks, { credentials: "same-origin" })
    .then((answer) => {
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return answer.json();
    })
    .then(draw)
    .catch(() => {
      told.textContent = words.failed;
      told.hidden = false;
    });
})();
