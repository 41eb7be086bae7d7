"""People who introduce themselves or sign in English, Spanish or Portuguese, told apart from what is felt: "I'm Peter,
from Leeds" is a name, "I am Furious, again" is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from cx_helpers.ingest.persons.folding import fold

_UPPER = "".join(c for c in map(chr, range(0x41, 0x250)) if c.isupper())
_CAP = rf"(?:[{_UPPER}]\.\s?)*[{_UPPER}][\w'’-]*"
_MORE = rf"(?:\s+(?:(?:de|da|do|dos|das|del|la|van|von|e|y)\s+){{0,2}}{_CAP}){{0,3}}"
INTRODUCED = re.compile(
    r"\b(?P<said>(?i:my name is|my name['’]s|me llamo|mi nombre es|o meu nome é|meu nome é|me chamo|chamo-me))\s+"
    rf"(?P<name>[^\W\d_][\w'’-]*{_MORE})(?P<after>\s*(?:[,;.!?\n]|$|(?i:and|y|e|from|de|i|i['’]m|but|pero|mas)\b))?"
)
I_AM = re.compile(
    rf"\b(?P<said>(?i:i am|i['’´`]?m|this is|soy|sou|sou o|sou a))\s+(?P<name>{_CAP}{_MORE})(?P<after>\s*(?:[,;.!\n(]|$|(?i:speaking|here|from)\b))?"
)
_END = r"(?P<end>\s*[.!]?[^\S\n]*)(?=\n|$)"
SIGNED = re.compile(
    r"(?P<said>\b(?i:regards|wishes|sincerely|thanks|thank you|cheers|saludos|un saludo|atentamente|gracias|cordialmente|"
    rf"atenciosamente|obrigado|obrigada|cumprimentos|abraços|abraço|atte?))(?P<gap>\s*[,.!–-]*\s+)(?P<name>{_CAP}{_MORE}){_END}"
)
ENDED = re.compile(
    rf"(?P<said>(?:^|(?<=[\n.!?])|(?<=[\n.!?] ))(?i:best|yours|love|warmly|respectfully|abs|bjs|besos|beijos))(?P<gap>[^\S\n]*[,–-][^\S\n]*\n?\s*|[^\S\n]*\n\s*)(?P<name>{_CAP}{_MORE}){_END}"
)
SAID = (
    r"name is|name['’]s|llamo|nombre es|nome é|chamo|\bi am\s|\bi['’´`]?m\s|this is\s|\bsoy\s|\bsou\s|regards|wishes|sincerely|thank|cheers|saludo|atentamente|gracias|"
    r"cordialmente|atenciosamente|obrigad|cumprimentos|abraço|\batte?\b|\bbest\s*[,–\n-]|\byours\b|\blove\s*[,–\n-]|warmly|respectfully|\babs\b|\bbjs\b|besos|beijos"
)
_NO_NAME = frozenset(
    # What is felt.
    "angry furious livid mad upset sad unhappy happy glad delighted disappointed disgusted shocked annoyed appalled frustrated outraged fuming "
    "satisfied dissatisfied impressed unimpressed pleased grateful thankful sorry afraid scared worried anxious tired sick stressed proud sure "
    "amazed excited thrilled lost stuck late done very so too extremely really totally absolutely quite rather truly just still "
    "great good bad awful terrible horrible dreadful fantastic excellent wonderful brilliant amazing perfect poor pathetic ridiculous crazy insane "
    "wrong right fraud theft robbery unfair rubbish nonsense it theirs true false fine ok okay sad joke shame scam "
    "furioso furiosa enfadado enfadada enojado enojada contento contenta feliz triste indignado indignada decepcionado decepcionada molesto molesta "
    "cansado cansada satisfecho satisfecha encantado encantada harto harta muy muito tan mas bastante agradecido agradecida orgulloso orgullosa "
    "irritado irritada chateado chateada revoltado revoltada satisfeito satisfeita grato grata exigente fiel paciente "
    # Who one is, not by name.
    "american british english scottish welsh irish german french spanish italian portuguese brazilian mexican argentinian colombian chilean dutch "
    "belgian swiss austrian polish russian chinese japanese indian canadian australian european turkish greek swedish danish norwegian finnish latin "
    "espanol espanola frances francesa ingles inglesa aleman alemana italiano italiana portugues portuguesa brasileno brasilena brasileiro brasileira "
    "mexicano mexicana argentino argentina colombiano colombiana chileno chilena peruano peruana cubano cubana venezolano venezolana americano americana "
    "estadounidense canadiense espanhol espanhola frances alemao alema europeo europea europeu europeia catalan catalana andaluz madrileno gallego vasco "
    "cliente clientes socio socia usuario usuaria titular abonado pasajero pasajera medico medica padre madre mae pai turista autonomo jubilado jubilada "
    "customer client member passenger guest user gold silver platinum student disabled pregnant vegan vegetarian senior retired diabetic elite vip "
    "estudiante estudante discapacitado vegano vegana vegetariano vegetariana mayor nuevo nueva novo nova antiguo antiga leal "
    # Who is thanked, and words that go on a sentence.
    "team all everyone everybody guys again anyway staff folks again support service crew equipo todos todas equipe pessoal atencion nada mil "
    "a an the i we you he she they not no never ever always what why when where how this that these those my your our of in on at to for with from "
    "about and or but if back out up who which one only also as is was be been now here there going gonna done please recommended recommend "
    "un una uno el la los las de del en que quien muy no nunca siempre mi su lo le me te se por para con o os as um uma e eu em nao sempre meu minha "
    "cada dia ya tambien solo so ja tambem "
    # What is said of a name.
    "misspelled misspelt incorrect missing different spelled spelt written correct unknown incorrecto mal errado errada está esta estava diferente".split()
)
_LIKE_A_WORD = re.compile(r"(?:ous|ful|less|able|ible|ably|ibly|[^e]ed|.{3}ing|ised|ized|ably|mente|ísim[oa]|isim[oa]|.{3}ad[oa]|.{3}id[oa])$")
_NAMES_LIKE_WORDS = frozenset(
    "fred alfred wilfred winifred mildred jared ahmed mohamed mohammed muhammed muhamed mohammad khaled majed rashed hamed syed sayed javed obed walled "
    "sterling irving manning browning harding jianing xiaoming conrado amado librado candido placido guido adelaida inmaculada candida brigida nelida "
    "zenaida soledad consolada amada hurtado salgado alvarado machado delgado regalado maldonado preciado mercado holgado prado furtado penado".split()
)


def without_introductions(text: str, own_words: Collection[str] = ()) -> str:
    """`text` with [name] where somebody says who they are, or signs.

    Parameters
    ----------
    own_words : words of the business's own labels, folded: who is thanked by one of them is no person

    Examples
    --------
    >>> without_introductions("I'm Peter, from Leeds. I am Furious, again. Best wishes, J. Schmidt")
    "I'm [name], from Leeds. I am Furious, again. Best wishes, [name]"
    """
    text = INTRODUCED.sub(_introduced, text)
    text = I_AM.sub(_i_am, text)
    signed = _signed(own_words)
    return ENDED.sub(signed, SIGNED.sub(signed, text))


def _a_word(word: str) -> bool:
    """Whether a word is not a name, whatever letter it begins with."""
    word = fold(word.strip(".'’-"))
    return word in _NO_NAME or (word not in _NAMES_LIKE_WORDS and bool(_LIKE_A_WORD.search(word)))


def _no_name(name: str) -> bool:
    """Whether what stands where a name would is none: "Furious", "Very Angry", not "German Pérez"."""
    words = [_a_word(word) for word in name.split()]
    return words[0] and (len(words) == 1 or any(words[1:]))


def _introduced(found: re.Match) -> str:
    first = found["name"].split()[0]
    if found["name"].startswith("[") or (first[0].islower() and (_a_word(first) or found["after"] is None)) or _no_name(found["name"]):
        return found[0]
    return f"{found['said']} [name]{found['after'] or ''}"


def _i_am(found: re.Match) -> str:
    name, ends = found["name"], found["after"] is not None
    shouted = found["said"].isupper() and name.isupper()  # a text in capitals alone: its capitals say nothing
    if _no_name(name) or (shouted and (not ends or any(map(_a_word, name.split())))):
        return found[0]
    said = fold(found["said"])
    sure = ends if said == "this is" else ends or len(name.split()) > 1 or said.startswith("so")
    return f"{found['said']} [name]{found['after'] or ''}" if sure else found[0]


def _signed(own_words: Collection[str]) -> Callable[[re.Match], str]:
    def hide(found: re.Match) -> str:
        thanked = not found["gap"].strip() and "\n" not in found["gap"]
        known = thanked and all(fold(word) in own_words for word in found["name"].split())
        return found[0] if known or _no_name(found["name"]) else f"{found['said']}{found['gap']}[name]{found['end']}"

    return hide
