"""The words by which a column of an unknown export is known, in the languages of those who name them."""

from __future__ import annotations

import re

SCORE = re.compile(r"score|rat(e|ing)|sat(is|$|_)|csat|ces\b|effort|easy|ease|clean|safe|quality|stars?\b|nota|puntua|valora|bewert|zufried|overall|happy|friendl|"
                   r"\bpoints out of\b|how (well|good|much importance|willing|satisfied|easy|clear)|\b[01] ?(-|–|to|bis|a|à) ?(5|7|10)\b", re.I)  # fmt: skip
GROUP = re.compile(
    r"age|gender|sex\b|income|country|nation|region|state|city|home|live|lang|segment|type|class|tier|plan|channel|method|purpose|purp|"
    r"first|times|product|category|peak|strata|day\b|weekday|season|loyal|member|device|educ|job|status|marital|priority", re.I,
)  # fmt: skip
AGE = re.compile(r"^age([_ ]\d+)?$|\bage\b.{0,12}(years)?$|how old|your age|^edad$|^alter$|^idade$", re.I)
KEY = re.compile(r"(^|_|\b)(id|no|nr|num|number|key|ref|uuid|token)$|id$|num$|^#$|respon[ds]|ticket|order|booking|case", re.I)
CUSTOMER = re.compile(r"(customer|client|member|user|guest|passenger|patient|account|person|requester|kunde|cliente).{0,4}(id|no|nr|num|number|key|code)$", re.I)
PERSONAL = re.compile(r"e.?mail|phone|mobile|(first|last|sur|full|family|contact|middle)[ _-]?name|(^|[_ ])name(_|$)|^names?$|confidential|address|street|zip|post.?code|"
                      r"birth|bdate|dob\b|ip.?addr|passport|latitude|longitude|^lat$|^lon$|handle$|author|requester$|assignee$|submitter$|twitter|instagram|iban|"
                      r"card.?(no|num)|nombre|apellido|nome\b|telefon", re.I)  # fmt: skip
ASKED_PERSONAL = re.compile(r"\b(your|full|first|last) name|what is your name|phone number|e-?mail address|postal address|date of birth|home address", re.I)
SENSITIVE = re.compile(r"disorder|diagnos|disabilit|mental illness|religio|\brace\b|ethnic|racethn|hispanic|latino|sexual|trade union|pregnan|\bhiv\b|genetic|political (party|views)|minority", re.I)
UNIT = re.compile(r"branch|store|location|site\b|office|agent|team|restaurant|hotel|outlet|depot|clinic|station|terminal|barea|boarding.?area|seller|shop\b|unit\b|warehouse|workshop|werkstatt|tienda|loja|filiale|sucursal|^group([ _-]?id)?$", re.I)
MONEY = re.compile(r"amount|price|revenue|value|spen[dt]|fare|fee\b|paid|payment|total|umsatz|importe|basket|rechnung|betrag|preis|summe|\b(eur|usd|gbp|chf|brl)$|_(eur|usd|gbp|chf|brl)$", re.I)
INPUT = re.compile(r"min(ute)?s?(_|\b)|hours?|days|seconds|secs?(_|\b)|wait|delay|duration|how.?long|length|distance|(_|\b)late|(_|\b)count|calls|contacts|attempts|queue|lead.?time|reopen|replies", re.I)
CODE_NAME = re.compile(r"zip|post|\bcode|_code|gate|flight|year|index|batch|run|(^|_)(lat|lon|row|day|month)$|int.?date", re.I)
WEIGHT = re.compile(r"^(weight|wt|wgt|gewicht|peso|poids)$|_(weight|wt|wgt)$|^weight_?(final|adj\w*)$", re.I)
COMMENT = re.compile(r"comment|verbatim|feedback|reason|why\b|suggest|free.?text|remark|kommentar|comentario|message|review.?text|subject|description|body", re.I)
CONSENT = re.compile(r"consent|i agree to take part|einwilligung|consentimiento", re.I)
SURVEY_OWN = re.compile(r"^(progress|finished|status|response type|duration \(in seconds\)|collector.?id|network.?id|start.?language|tags|score|response set|custom data)$", re.I)
PERSON_OF_STAFF = re.compile(r"^(assignee|submitter|employee|handler|owner|operator|mitarbeiter|empleado)[ _-]?(id|no|nr|num|number|key|code)?$", re.I)
TAGS = re.compile(r"^(tags|labels|etiquetas|schlagworte)$", re.I)
CALLED = re.compile(r"^(cust(omer)?|client|kunde|cliente|guest|member)$", re.I)
ID_LIKE = r"[A-Za-z]{0,5}[-_ #]?\d+"
SAID = re.compile(
    r"\bcomments?$|^(any |further |other |additional )*comments?\b(?![_ -]?(id|type|kind|count|lang|source|channel|date))|coment[aá]rios?|kommentare?$|bemerkung|anmerkung|commentaires?|remarks?$|"
    r"verbatim|free.?text|freitext|texto libre|texto livre|texte libre|open.?ended|observaciones|observações|observations$|sugerencias?$|sugest|suggestions?\b|vorschl[aä]ge?|^feedback([ _-]?text)?$|^why\??$|"
    r"(what|how|anything).{0,20} (could|should|can|might) we\b|do better\b|could (we |be )?improve|anything else|what should we know|please (tell|explain)|"
    r"qu[eé] (podr[ií]amos|podemos)|o que (podemos|poder[ií]amos)|was k[oö]nnen wir|que pouvons-nous", re.I,
)  # fmt: skip
