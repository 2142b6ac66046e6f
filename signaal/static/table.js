/* Sorts a table in place; without this file the links in its headings do the same. */
"use strict";

(() => {
  const table = document.querySelector("table[data-sortable]");
  const said = document.getElementById("sort-said");
  if (!table) {
    return;
  }
  const body = table.tBodies[0];
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;

  function valueOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  }

  function sortBy(heading, column, upwards) {
    const rows = [...body.rows];
    rows.sort((one, other) => compare(valueOf(one, column), valueOf(other, column)));
    body.append(...(upwards ? rows : rows.reverse()));
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", upwards ? "ascending" : "descending");
    said.textContent = `${table.dataset.said} ${heading.textContent.trim()}`;
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent.trim();
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort");
      const mostFirst = "mostFirst" in heading.dataset;
      sortBy(heading, column, now ? now === "descending" : !mostFirst);
    });
    heading.replaceChildren(button);
  });
})();
