"""What the books say is told in the reader's language, and every sentence that is written into them is known."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from numbers_app import sentences
from numbers_app.models import Problem
from numbers_app.told import pieces, told, told_in_html

CODE = Path(settings.BASE_DIR) / "numbers_app"
WRITERS = [
    *sorted((CODE / "purchasing").glob("*.py")),
    *(CODE / "admin" / f"{name}.py" for name in ("running", "reviewing", "purchases")),
    *(CODE / "leadconnector" / f"{name}.py" for name in ("client", "transport", "budget", "readers")),
    CODE / "provider.py",
    CODE / "syncing.py",
]
NAMES = {"because", "words", "absences", "NO_ANSWER", "ON_THE_LIST", "BY_HAND", "FROM_BANNER"}
ERRORS = {"NotSent", "Refused", "OutcomeUnknown", "NoToken", "Unreadable"}
SPEAKERS = {"reason_to_give_up", "describe", "summary", "explain_cap", "reasons_for_approval"}  # functions
# What is said to a person at once, and not written down.
ONLY_SAID = {
    "Meanwhile something happened: the purchase is “7” now. 7",
    "This can't be decided while the purchase is “7”.",
    "Meanwhile the queue of 7 was stopped anew: 7",
    "You may ask for 7 numbers a day; today it is 7 already, and this asks for 7.",
}
FIELD = re.compile(r"%\(\w+\)(?:\.\d)?[sdf]")


def literals(node: ast.AST) -> Iterator[str]:
    """The texts in an expression, with 7 for what is put into them."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield FIELD.sub("7", node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    elif isinstance(node, ast.IfExp | ast.BoolOp | ast.BinOp | ast.Tuple):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
        for argument in node.args:
            yield from literals(argument)


def written(path: Path) -> Iterator[str]:
    """Every text that the file writes as a reason, or raises as what the provider's client says."""
    names = NAMES - {"words"} if path.parent.name == "admin" else NAMES  # there they are said, and not written
    for node in ast.walk(ast.parse(path.read_text())):
        named = isinstance(node, ast.Assign) and any(getattr(target, "id", "") in names for target in node.targets)
        if named or (isinstance(node, ast.keyword) and node.arg in ("because", "words", "reason")):
            yield from literals(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ERRORS:
            yield from (text for argument in node.args for text in literals(argument))
        elif isinstance(node, ast.FunctionDef) and node.name in SPEAKERS:
            yield from (
                text for inner in ast.walk(node) if isinstance(inner, ast.Return) for text in literals(inner.value)
            )
        elif isinstance(node, ast.FunctionDef):
            given = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            yield from (text for default in given for text in literals(default) if " " in text)


def is_known(text: str) -> bool:
    """As a whole or, for what stands within others, as a part of one."""
    carriers = ("{}", "The provider's reply is no proof: {}.", "The provider could not be reached: {}")
    return any(
        all(piece.ours or not re.search(r"[A-Za-z]{2}", piece.text) for piece in pieces(carrier.format(text)))
        and text not in told(carrier.format(text))
        for carrier in carriers
    )


def test_every_sentence_that_is_written_is_known() -> None:
    with translation.override("es"):
        found = {text for path in WRITERS for text in written(path) if re.search(r"[A-Za-z]{2}", text)}
        unknown = [
            text
            for text in sorted(found - ONLY_SAID)
            if not is_known(text) and not is_known(text.replace("7", "7.", 1)) and not is_known(text.replace("7", "x"))
        ]

    assert len(found) > 50
    assert unknown == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Asked for.", "Pedida."),
        ("Attempt 3 is sent to the provider.", "El intento 3 se envía al proveedor."),
        (
            "Two full reads of the provider's list did not show the number: it was not bought. It is asked for again.",
            "Dos lecturas completas de la lista del proveedor no mostraron el número: no se compró. Se pide de nuevo.",
        ),
        (
            "Price has risen. 2.35 USD instead of 1.15 USD a month.",
            "El precio subió. 2,35 USD en lugar de 1,15 USD al mes.",
        ),
        (
            "The connection broke after 12.0 s, before a reply came: connection reset",
            "La conexión se cortó después de 12,0 s, antes de que llegara una respuesta: conexión interrumpida",
        ),
        (
            "It asks for 1 number; over 0 needs a second person. It costs 3.80 USD a month; over 1 needs a second person.",  # noqa: E501
            "Pide 1 número; más de 0 necesitan una segunda persona. Cuesta 3,80 USD al mes; más de 1 necesita una segunda persona.",  # noqa: E501
        ),
        (
            "In place of +18305551234 (purchase #12), which was taken. Rule: Same digits.",
            "En lugar de +18305551234 (compra n.º 12), que ya fue tomado. Regla: Mismos dígitos.",
        ),
        ("If a number is taken: digits, for 3 lines.", "Si un número ya fue tomado: Mismos dígitos, en 3 líneas."),
        ("Declined. Zu teuer.", "Denegado. Zu teuer."),
        ("“abc” is not a phone number.", "“abc” no es un número de teléfono."),
        ("“abc” no es un número de teléfono.", "“abc” no es un número de teléfono."),
        ("What a person wrote. It is long.", "What a person wrote. It is long."),
        ("", ""),
    ],
)
def test_sentence_is_told_in_the_readers_language(text: str, shown: str) -> None:
    with translation.override("es"):
        assert told(text) == shown


def test_sentence_reads_in_english_as_it_was_written() -> None:
    with translation.override("en"):
        assert (
            told("2 taken out. Attempt 3 is sent to the provider.") == "2 taken out. Attempt 3 is sent to the provider."
        )
        assert told("“abc” no es un número de teléfono.") == "“abc” is not a phone number."
        assert told("If a number is taken: digits, for 3 lines.") == "If a number is taken: Same digits, for 3 lines."


def test_every_problem_can_begin_a_sentence() -> None:
    with translation.override("es"):
        for problem in Problem:
            with translation.override("en"):
                because = f"{problem.label}. The provider's search does not show it any more."
            assert told(because) == f"{problem.label}. La búsqueda del proveedor ya no lo muestra."


def test_words_of_the_provider_stay_and_are_marked_as_english() -> None:
    said = "Number <b>taken</b> An earlier attempt's outcome is unknown, so the list is looked at first."
    refused = "Invalid token (status 401) (trace 00-ab)"

    with translation.override("es"):
        assert told_in_html(refused) == '<span lang="en">Invalid token</span> (estado 401) (rastreo 00-ab)'
        assert "<b>" not in told_in_html(said)
    with translation.override("en"):
        assert told_in_html(refused) == refused


def test_every_template_reads_back_what_it_says() -> None:
    """None is hidden by another: told anew with parts of its own, each is recognised as itself."""
    everything = (*sentences.ENGINE, *sentences.CLIENT, *sentences.CELLS)
    with translation.override("es"):
        for sentence in everything:
            wanted = FIELD.sub("7", translation.gettext(sentence))
            assert told(FIELD.sub("7", sentence)) == wanted


def test_text_of_any_length_is_told_in_no_time() -> None:
    with translation.override("es"):
        for text in ("a. " * 1_300, "The provider " * 300, "(" * 4_000, "7 added: " * 400, "x" * 1_000_000):
            assert told(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Approved. " * 190,
        "The provider refused it: " * 75 + "x",
        "Its queue is stopped: " * 48 + "x" + " Resume it first." * 48,
        " is a " * 180 + " number, not " * 60,
        "a. " * 600,
        "It asks for 1,5 numbers; over + needs a second person.",
    ],
    ids=["many", "nested", "enclosing", "lazy", "breaks", "amounts"],
)
def test_text_that_somebody_made_up_is_told_in_bounded_time_and_depth(text: str) -> None:
    with translation.override("es"):
        told("Approved.")  # the templates are made once
        started = time.process_time()
        shown = told(text)

    assert len(shown) > len(text) / 2
    assert time.process_time() - started < 2
