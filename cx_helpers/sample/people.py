"""Made-up names, addresses and numbers, and the personal data that customers write into comments.

Nobody here is real: e-mail addresses end in domains that are reserved for examples.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.plan import LANGUAGES

# language: first names, last names; accents are meant
_NAMES = {
    "en": (
        "Alice Amelia Arthur Barbara Bruce Callum Charlotte Daphne Dominic Edith Elliot Fiona George Harriet Imogen Jasper "
        "Kathleen Leonard Maisie Nigel Olivia Percy Quentin Rosalind Rupert Sheila Simon Tabitha Trevor Winifred",
        "Abernathy Ashworth Barrowclough Blenkinsop Cholmondeley Clutterbuck Dunwoody Entwistle Featherstone Galbraith "
        "Hathaway Higginbotham Inglethorpe Jessop Kirkbride Lockwood Macready Netherby Oglethorpe Pemberton Quigley "
        "Ramsbottom Satterthwaite Thistlewood Underhill Varley Wigglesworth Yardley",
    ),
    "es": (
        "Adela Alejandro Begoña Bruno Carmen César Dolores Emilio Esperanza Fermín Gonzalo Inés Íñigo Joaquín Lourdes Macarena "
        "Manuela Nicolás Noelia Óscar Pilar Ramón Remedios Rocío Saúl Sofía Tomás Úrsula Vicente Ximena",
        "Aguirrezabala Alcántara Bermúdez Belmonte Cifuentes Carrascosa Domínguez Echevarría Fuentesal Garmendia Hinojosa "
        "Ibarguren Jarabo Lizarraga Madariaga Montemayor Núñez Olavarría Peñalver Quiñones Requena Santamaría Torregrosa "
        "Urrutia Valdivieso Zabaleta Zumalacárregui Almagro",
    ),
    "pt": (
        "Afonso Beatriz Bernardo Catarina Conceição Duarte Eduarda Fátima Gonçalo Graça Henrique Inês Joana João Leonor "
        "Lourenço Mafalda Martim Matilde Nuno Patrícia Raquel Rodrigo Salvador Sebastião Simão Teresa Tiago Vasco Violante",
        "Albuquerque Bragança Brandão Cavalcanti Coutinho Damasceno Escobar Falcão Figueiredo Gouveia Guimarães Junqueira "
        "Lacerda Magalhães Mascarenhas Meneses Noronha Pacheco Quadros Rebouças Sampaio Sequeira Távora Tavares "
        "Vasconcelos Veloso Vilhena Ximenes",
    ),
}  # fmt: skip
_DOMAINS = ("example.com", "example.org", "example.net")
_DIALS = {"en": "+44 7{} {}", "es": "+34 6{} {}", "pt": "+351 9{} {}"}
_SAID = {
    "name": ("My name is {}.", "Me llamo {}.", "O meu nome é {}."),
    "email": ("Write to me at {}.", "Escríbanme a {}.", "Escrevam-me para {}."),
    "phone": ("Call me on {}.", "Llámenme al {}.", "Liguem-me para o {}."),
    "card": ("You charged my card {}.", "Cobraron en mi tarjeta {}.", "Cobraram no meu cartão {}."),
    "handle": ("I am {} if you want to talk.", "Soy {} por si quieren hablar.", "Sou {} se quiserem falar."),
}
KINDS = tuple(_SAID)
PLANTED_SHARE = 0.03  # of comments, complaints and reviews
_PLANT_SEED = 20261103
_FREE_TEXT = {"responses": "comment", "tickets": "text", "reviews": "text"}


def identities(rng: np.random.Generator, language) -> pd.DataFrame:
    """A name, an e-mail address and a phone number a row, in the manner of its language.

    Returns
    -------
    DataFrame
        first_name, last_name, email (different in every row), phone.
    """
    code = np.maximum(pd.Categorical(language, LANGUAGES).codes, 0)
    rows = len(code)
    first, last = (_picked(rng, code, part) for part in (0, 1))
    number = pd.Series(np.arange(1, rows + 1)).astype(str)
    plain = (pd.Series(first) + "." + pd.Series(last)).str.lower().str.normalize("NFKD").str.encode("ascii", "ignore").str.decode("ascii")
    email = plain + number + "@" + np.array(_DOMAINS, dtype=object)[rng.integers(0, len(_DOMAINS), rows)]
    digits = rng.integers(0, [[90], [1_000_000]], (2, rows))
    dial = np.array(list(_DIALS.values()), dtype=object)[code]
    phone = [form.format(two + 10, f"{six:06d}") for form, two, six in zip(dial, *digits, strict=True)]
    return pd.DataFrame({"first_name": first, "last_name": last, "email": email.to_numpy(object), "phone": phone})


def _picked(rng: np.random.Generator, code: np.ndarray, part: int) -> np.ndarray:
    pools = [_NAMES[language][part].split() for language in LANGUAGES]
    table = np.array([(pool * 2)[: max(map(len, pools))] for pool in pools], dtype=object)
    return table[code, rng.integers(0, table.shape[1], len(code))]


def with_personal_data(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """`frames` in which some comments, complaints and reviews name the writer, an address, a number, a card or a handle.

    The same frames always give the same texts; one in `1 / PLANTED_SHARE` texts is touched.
    """
    return {**frames, **{name: frame for name, frame, _ in _planted(frames)}}


def planted(frames: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """Every personal string that `with_personal_data` plants: (kind, string), kind one of `KINDS`.

    For tests: no table, page, log or notebook may hold any of the strings.
    """
    return [item for _, _, items in _planted(frames) for item in items]


def _planted(frames: dict[str, pd.DataFrame]):
    """Frame by frame: its name, itself with planted texts, and what was planted."""
    people = frames["customers"].set_index("customer_no")
    for part, (name, column) in enumerate(_FREE_TEXT.items()):
        rng = np.random.default_rng([_PLANT_SEED, part])
        frame = frames[name]
        rows = np.flatnonzero(frame[column].notna())
        rows = rows[rng.random(len(rows)) < PLANTED_SHARE]
        writer = people.iloc[_writers(rng, frame, people, rows)]
        kind = rng.integers(0, len(KINDS), len(rows))
        code = np.maximum(pd.Categorical(writer["language"], LANGUAGES).codes, 0)
        string = [_own(KINDS[k], person, card) for k, person, card in zip(kind, writer.itertuples(), _cards(rng, len(rows)), strict=True)]
        added = [_SAID[KINDS[k]][c].format(text) for k, c, text in zip(kind, code, string, strict=True)]
        texts = frame[column].to_numpy(object, copy=True)
        texts[rows] = texts[rows] + " " + np.array(added, dtype=object)
        yield name, frame.assign(**{column: texts}), [(KINDS[k], text) for k, text in zip(kind, string, strict=True)]


def _writers(rng: np.random.Generator, frame: pd.DataFrame, people: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The customer who writes; anyone where the text has no customer."""
    if "customer_no" not in frame:
        return rng.integers(0, len(people), len(rows))
    return people.index.get_indexer(frame["customer_no"].iloc[rows])


def _own(kind: str, person, card: str) -> str:
    if kind == "name":
        return f"{person.first_name} {person.last_name}"
    if kind == "handle":
        return "@" + person.email.split("@")[0].replace(".", "_")
    return card if kind == "card" else getattr(person, kind)


def _cards(rng: np.random.Generator, count: int) -> list[str]:
    """Sixteen digits in fours that pass the check of payment cards (Luhn)."""
    digits = rng.integers(0, 10, (count, 15))
    digits[:, 0] = 4
    doubled = digits[:, ::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + digits[:, 1::2].sum(axis=1)
    whole = np.column_stack([digits, -total % 10]).astype(str)
    return [" ".join("".join(row[i : i + 4]) for i in range(0, 16, 4)) for row in whole]
