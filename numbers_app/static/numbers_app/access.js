"use strict";

// htmx needs no code in attributes here, and must write no style into the page: the policy forbids both.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.attributesToSettle = htmx.config.attributesToSettle.filter((name) => name !== "style");

(() => {
    // The icons are words in an icon font: "shopping_cart" is for no ear.
    const hushIcons = (root) => root.querySelectorAll(".material-symbols-outlined").forEach((icon) => {
        icon.setAttribute("aria-hidden", "true");
    });

    // SimpleBar calls everything that it scrolls by one and the same name.
    const nameScrolled = () => document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((region) => {
        region.removeAttribute("aria-label");
        if (region.querySelector("table") && document.getElementById("desk-title")) {
            region.setAttribute("aria-labelledby", "desk-title");
        } else {
            region.removeAttribute("role"); // what is in it is reached by its own links
            region.tabIndex = -1;
        }
    });

    // Django's boxes for many choices explain themselves by marks that nothing reads.
    const nameMarks = () => document.querySelectorAll("span.help-tooltip[aria-label]").forEach((mark) => {
        mark.setAttribute("role", "img");
    });

    // Select2 names a field's box after what is chosen in it alone, gives what is chosen the part of a field of its own,
    // and opens its list outside of the page's main part. Its "clear all" is no item of the list that it stands in.
    const prepareSelects = () => document.querySelectorAll("select.admin-autocomplete").forEach((select) => {
        if (document.getElementById("desk-main")) select.dataset.dropdownParent = "#desk-main";
        if (select.multiple) select.dataset.allowClear = "false";
    });
    const labelOf = (select) => {
        const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
        return (label?.textContent ?? select.closest("[data-label]")?.dataset.label ?? "").replace("*", "").trim();
    };
    const nameSelect = (select) => {
        const container = select.nextElementSibling;
        const name = labelOf(select);
        if (!name || !container?.matches(".select2-container") || container.dataset.named) return;
        container.dataset.named = "yes";
        container.querySelector(".select2-search__field")?.setAttribute("aria-label", name);
        const chosen = container.querySelector(".select2-selection__rendered[role=textbox]");
        const box = container.querySelector("[role=combobox]");
        if (!chosen) return;
        chosen.removeAttribute("role");
        chosen.removeAttribute("aria-readonly");
        const label = document.createElement("span");
        label.id = `${chosen.id}-name`;
        label.textContent = name;
        label.hidden = true;
        container.append(label);
        box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    };
    const nameSelects = () => document.querySelectorAll("select.select2-hidden-accessible").forEach(nameSelect);
    const nameOpened = (select) => {
        const box = select.nextElementSibling.querySelector("[role=combobox]");
        box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
        document.querySelectorAll(".select2-container--open :is(.select2-search__field, .select2-results__options)").forEach(
            (part) => part.setAttribute("aria-label", labelOf(select)),
        );
    };

    document.addEventListener("DOMContentLoaded", () => {
        hushIcons(document);
        prepareSelects(); // before jQuery's ready, in which Select2 makes its boxes
    });
    document.addEventListener("htmx:afterSettle", (event) => hushIcons(event.target.parentElement ?? document));
    window.addEventListener("load", () => {
        nameScrolled();
        setTimeout(nameMarks); // after Django's own listener, which makes them
        const jquery = window.django?.jQuery;
        if (!jquery) return;
        jquery(nameSelects); // its boxes are made by jQuery's ready; what is handed to it later runs later
        document.addEventListener("formset:added", () => {
            hushIcons(document);
            setTimeout(nameSelects);
        });
        jquery(document).on("select2:open", (event) => nameOpened(event.target));
    });
})();

// What htmx replaces may hold the focus: it goes to the same thing in the new part, or to the part's heading where that
// thing is gone. htmx does it by id alone. What was folded open stays so.
(() => {
    let held = null;
    const about = (element) => ["name", "href", "formaction"].map((name) => element.getAttribute(name)).concat(
        element.tagName, element.closest("form")?.getAttribute("action"),
    ).join("|");
    const alike = (part, element) => [...part.querySelectorAll(element.tagName)].filter((one) => about(one) === about(element));
    const unfolded = () => [...document.querySelectorAll("[id] details")].map((details) => details.open);

    document.addEventListener("htmx:beforeSwap", () => {
        const element = document.activeElement;
        const part = element?.closest("[hx-get], [hx-swap-oob], section[id], #order-lines")?.closest("[id]");
        held = { element, part: part?.id, place: part ? alike(part, element).indexOf(element) : -1, folds: unfolded() };
    });

    const heading = (part) => {
        const found = part.querySelector("h2, h3") ?? part;
        found.tabIndex = -1;
        return found;
    };

    document.addEventListener("htmx:afterSettle", (event) => {
        if (!held) return;
        const folds = [...document.querySelectorAll("[id] details")];
        if (folds.length === held.folds.length) folds.forEach((details, position) => { details.open = held.folds[position]; });
        const part = document.getElementById(held.part);
        if (part && !held.element.isConnected && (document.activeElement ?? document.body) === document.body) {
            const same = alike(part, held.element);
            (same[held.place] ?? same.at(-1) ?? heading(part)).focus({ preventScroll: true });
        }
        if (event.detail.requestConfig?.verb === "post") event.target.querySelector?.("[data-focus]")?.focus();
    });
})();

// What moves by itself tells so politely, and only what is new: of each part that says something, in one place that
// stays. A page that is loaded anew, or come back to, knows what it said last.
(() => {
    const say = (words) => {
        document.getElementById("desk-said").textContent = words;
    };
    const listen = (tell) => document.querySelectorAll("[data-says]").forEach((part) => {
        const [words, key] = [part.dataset.says, `said ${window.location.pathname} ${part.id}`];
        const last = window.sessionStorage.getItem(key);
        if (last && last !== words) tell(words);
        window.sessionStorage.setItem(key, words);
    });
    document.addEventListener("DOMContentLoaded", () => listen((words) => setTimeout(say, 500, words))); // once it is read
    document.addEventListener("htmx:afterSettle", () => listen(say));
    document.addEventListener("htmx:oobBeforeSwap", (event) => {
        const isLive = event.detail.target.hasAttribute("aria-live");
        if (isLive && event.detail.target.textContent === event.detail.fragment.textContent) event.detail.shouldSwap = false;
    });
})();

// A page that answers to a button begins with its answer.
window.addEventListener("pageshow", (event) => {
    const answer = document.querySelector(".errornote, #desk-messages > ul");
    if (event.persisted || !answer || document.querySelector("[data-focus]")) return;
    answer.tabIndex = -1;
    answer.focus();
});
