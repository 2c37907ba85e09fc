"use strict";

// The page Search: its address says what is searched for, its rows are sorted here, and what is ticked is summed up.
(() => {
    const FORM = "search-form";
    const element = (id) => document.getElementById(id);
    let shown = window.location.search;

    const say = (words) => {
        element("search-said").textContent = words;
    };

    const remember = (form) => {
        const filled = [...new FormData(form)].filter(([, value]) => value !== "");
        const asked = `?${new URLSearchParams(filled)}`;
        if (asked !== shown) window.history.pushState(null, "", asked);
        shown = asked;
    };

    const compare = (key, falling) => (one, other) => {
        const [a, b] = [one.dataset[key], other.dataset[key]];
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = key === "number" || key === "place" ? a.localeCompare(b) : Number(a) - Number(b);
        return falling ? -order : order;
    };

    const sort = (key, falling) => {
        const table = document.querySelector(".search-found");
        if (!table) return;
        const body = table.tBodies[0];
        const rows = [...body.rows];
        rows.forEach((row, position) => {
            row.dataset.given ??= position;
        });
        body.append(...rows.sort(compare(key || "given", falling)));
        table.querySelectorAll("[data-sort]").forEach((button) => {
            const head = button.closest("th");
            if (button.dataset.sort !== key) head.removeAttribute("aria-sort");
            else head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        });
        document.querySelector("[data-sort-by]").value = key;
        sorted = { key, falling };
    };
    let sorted = { key: "", falling: false };

    const sumUp = () => {
        const said = document.querySelector("[data-chosen]");
        if (!said) return;
        const rows = [...document.querySelectorAll(".search-found tbody input:checked")].map((box) => box.closest("tr"));
        const sums = new Map();
        rows.filter((row) => row.dataset.price).forEach((row) => {
            sums.set(row.dataset.unit, (sums.get(row.dataset.unit) ?? 0) + Number(row.dataset.price));
        });
        const cents = { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false };
        const written = (sum) => sum.toLocaleString(document.documentElement.lang, cents);
        const costs = [...sums].map(([unit, sum]) => `${written(sum)} ${unit}`.trim()).join(" + ");
        const count = said.dataset.some.replace("%n", rows.length);
        said.textContent = rows.length === 0 ? said.dataset.none : costs ? `${count}, ${costs} ${said.dataset.month}` : count;
    };

    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-sort]");
        if (!button) return;
        const key = button.dataset.sort;
        sort(key, sorted.key === key && !sorted.falling);
    });

    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-sort-by]")) sort(event.target.value, false);
        // What can't be chosen stays as it is when all are ticked.
        document.querySelectorAll(".search-found input:disabled").forEach((box) => {
            box.checked = false;
        });
        sumUp();
    });

    document.addEventListener("htmx:beforeRequest", (event) => {
        element("search-results").setAttribute("aria-busy", "true");
        if (event.detail.elt.id === FORM) remember(event.detail.elt);
        say(element("search-said").dataset.busy);
    });
    document.addEventListener("htmx:afterRequest", () => element("search-results").removeAttribute("aria-busy"));
    document.addEventListener("htmx:sendError", () => say(element("connection-note").textContent.trim()));
    document.addEventListener("htmx:afterSettle", (event) => {
        const results = element("search-results");
        const isSearch = event.detail.requestConfig?.elt.id === FORM;
        if (isSearch && results.getBoundingClientRect().top > window.innerHeight * 0.8) results.scrollIntoView();
        if (sorted.key) sort(sorted.key, sorted.falling);
        sumUp();
    });

    window.addEventListener("popstate", () => {
        if (window.location.search !== shown) window.location.reload();
    });
})();
