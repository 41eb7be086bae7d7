"""Short comments in English, Spanish and Portuguese, some of several lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.plan import LANGUAGES, SURVEYS

TOPICS = {
    "en": ("the booking", "the counter", "road assistance", "the return", "the invoice", "the rental"),
    "es": ("la reserva", "el mostrador", "la asistencia", "la devolución", "la factura", "el alquiler"),
    "pt": ("a reserva", "o balcão", "a assistência", "a devolução", "a fatura", "o aluguer"),
}
TONES = {
    "en": (
        ("Not happy with {}.", "Too long, too confusing.\nI expected better of {}.", 'They said "just a moment" and forgot me; {} was poor.'),
        ("{} was fine, nothing special.", "All right, though {} could be quicker.", "Okay.\nNo more to say about {}."),
        ("Very good, {} was quick and friendly.", "Thank you!\n{} could not have been easier.", 'A "wow": {} just worked.'),
    ),
    "es": (
        ("No estoy contento con {}.", "Demasiado lento y confuso.\nEsperaba más de {}.", 'Dijeron "un momento" y nada; mal {}.'),
        ("{} bien, sin más.", "Correcto, aunque {} podría ser más ágil.", "Normal.\nNada que decir de {}."),
        ("Muy bien, {}: rápido y amable.", "¡Gracias!\nMuy fácil {}.", 'Un "diez" para {}.'),
    ),
    "pt": (
        ("Não gostei: {}.", "Muito lento e confuso.\nEsperava mais: {}.", 'Disseram "um momento", e nada; mal {}.'),
        ("{}: normal.", "Razoável, mas {} podia ser mais rápido.", "Está bem.\nNada a dizer: {}."),
        ("Muito bom: {}, rápido e simpático.", "Obrigado!\nMuito fácil: {}.", 'Um "dez": {}.'),
    ),
}  # fmt: skip
COMPLAINTS = {
    "waiting": ("I waited far too long at the counter.", "Esperé demasiado en el mostrador.", "Esperei demasiado no balcão."),
    "vehicle": ("The car was not the one I booked.", "El coche no era el que reservé.", "O carro não era o que reservei."),
    "deposit": ("My deposit has not come back.", "No me han devuelto la fianza.", "A caução não foi devolvida."),
    "damage charge": ("I was charged for damage I did not cause.", "Me cobran un daño que no hice.", "Cobraram um dano que não fiz."),
}  # fmt: skip
COMMENTED_SHARE = 0.35


def _sentence(template: str, topic: str) -> str:
    text = template.format(topic)
    return text[0].upper() + text[1:]


_TABLE = np.array(
    [
        [[[_sentence(sentence, topic) for sentence in tone] for tone in TONES[language]] for topic in TOPICS[language]]
        for language in LANGUAGES
    ],
    dtype=object,
)  # language, survey, tone, variant


def comments(rng: np.random.Generator, asked: pd.DataFrame) -> np.ndarray:
    """A comment for about a third of the answers, None for the others."""
    rows = len(asked)
    language = pd.Categorical(asked["language"], LANGUAGES).codes
    survey = pd.Categorical(asked["survey"], SURVEYS).codes
    tone = np.searchsorted([-0.8, 0.1], asked["tone"].fillna(0))
    text = _TABLE[language, survey, tone, rng.integers(0, 3, rows)]
    said = asked["score"].notna().to_numpy() & (rng.random(rows) < COMMENTED_SHARE)
    return np.where(said, text, None)


def complaints(tickets: pd.DataFrame) -> np.ndarray:
    """What a complaint says, by topic and language."""
    topics = list(COMPLAINTS)
    table = np.array([COMPLAINTS[topic] for topic in topics], dtype=object)
    return table[pd.Categorical(tickets["topic"], topics).codes, pd.Categorical(tickets["language"], LANGUAGES).codes]
