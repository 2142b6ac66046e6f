/* Sorts a table in place; without this file the links in its headings do the same. */
"use strict";

(() => {
  const said = document.getElementById("sort-said");
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;

  function valueOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  }

  function sortBy(table, heading, column, upwards) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((one, other) => compare(valueOf(one, column), valueOf(other, column)));
    body.append(...(upwards ? rows : rows.reverse()));
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", upwards ? "ascending" : "descending");
    said.textContent = `${table.dataset.said} ${heading.textContent.trim()}`;
    keep(heading.dataset.key, upwards);
  }

  /* The order stays when the rows are chosen anew. */
  function keep(key, upwards) {
    const form = document.getElementById("choose");
    if (form && key) {
      form.elements.sort.value = key;
      form.elements.volgorde.value = upwards ? "" : "af";
    }
  }

  function setUp() {
    const table = document.querySelector("table[data-sortable]");
    if (!table || !table.tBodies[0].querySelector("th[scope=row]")) {
      return;
    }
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent.trim();
      button.addEventListener("click", () => {
        const now = heading.getAttribute("aria-sort");
        const mostFirst = "mostFirst" in heading.dataset;
        sortBy(table, heading, column, now ? now === "descending" : !mostFirst);
      });
      heading.replaceChildren(button);
    });
  }

  setUp();
  document.addEventListener("table-swapped", setUp);
})();
