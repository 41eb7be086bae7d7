"""What customers of Sample Rentals say, in English, Spanish and Portuguese: the pieces that `words` puts together.

Written for the sample brand. Each topic has three complaints, then three compliments; openings and closings go by how
strongly something was felt, and only the two extremes name an emotion.
"""

from __future__ import annotations

from cx_helpers.sample.plan import LANGUAGES


_TOPICS = {
    "booking": {
        "en": """the app lost my booking twice|the price changed while I was paying|the extras were ticked without asking
            the booking took two minutes|the prices were clear from the start|changing the dates online was easy""",
        "es": """la aplicación perdió mi reserva dos veces|el precio cambió mientras pagaba|los extras venían marcados sin preguntar
            la reserva se hizo en dos minutos|los precios estaban claros desde el principio|cambiar las fechas por internet fue fácil""",
        "pt": """a aplicação perdeu a minha reserva duas vezes|o preço mudou enquanto eu pagava|os extras já vinham marcados
            a reserva demorou dois minutos|os preços estavam claros desde o início|mudar as datas na internet foi fácil""",
    },
    "waiting": {
        "en": """the queue at the counter did not move|one person served twenty customers|we waited far longer than promised
            there was no queue at the counter|we had the keys within minutes|the line moved quickly""",
        "es": """la cola del mostrador no avanzaba|una persona atendía a veinte clientes|esperamos mucho más de lo prometido
            no había cola en el mostrador|tuvimos las llaves en unos minutos|la fila avanzó deprisa""",
        "pt": """a fila do balcão não andava|uma pessoa atendia vinte clientes|esperámos muito mais do que o prometido
            não havia fila no balcão|recebemos as chaves em poucos minutos|a fila andou depressa""",
    },
    "staff": {
        "en": """nobody would answer my questions|they said "just a moment" and forgot me|the clerk pushed insurance I did not want
            the young man at the desk was kind and clear|the staff explained everything twice|they went out of their way to help""",
        "es": """nadie contestaba mis preguntas|dijeron "un momento" y se olvidaron de mí|quisieron venderme un seguro que no quería
            el chico del mostrador fue amable y claro|el personal lo explicó todo dos veces|hicieron lo imposible por ayudar""",
        "pt": """ninguém respondia às minhas perguntas|disseram "um momento" e esqueceram-se de mim|insistiram num seguro que eu não queria
            o rapaz do balcão foi simpático e claro|o pessoal explicou tudo duas vezes|fizeram tudo para ajudar""",
    },
    "handover": {
        "en": """nobody looked at the car with me|I found the car by myself in the dark|the lights were not explained
            we walked round the car together|the controls were explained well|the hand-over was thorough""",
        "es": """nadie revisó el coche conmigo|tuve que buscar el coche a oscuras|no me explicaron las luces
            revisamos el coche juntos|me explicaron bien los mandos|la entrega fue minuciosa""",
        "pt": """ninguém viu o carro comigo|tive de procurar o carro às escuras|não me explicaram as luzes
            vimos o carro juntos|explicaram bem os comandos|a entrega foi cuidadosa""",
    },
    "vehicle": {
        "en": """the car was smaller than the one I booked|the seats were stained|a warning light was on all week
            the car was spotless|we got a bigger car for free|the car drove like new""",
        "es": """el coche era más pequeño que el reservado|los asientos estaban manchados|llevaba un testigo encendido toda la semana
            el coche estaba impecable|nos dieron un coche más grande gratis|el coche iba como nuevo""",
        "pt": """o carro era menor do que o reservado|os bancos estavam manchados|uma luz de aviso ficou acesa a semana toda
            o carro estava impecável|deram-nos um carro maior de graça|o carro parecia novo""",
    },
    "assistance": {
        "en": """we stood at the roadside for hours|the tow truck went to the wrong exit|nobody called us back
            help came sooner than they said|the mechanic was calm and quick|a new car was brought to us""",
        "es": """estuvimos horas en el arcén|la grúa fue a la salida equivocada|nadie nos devolvió la llamada
            la ayuda llegó antes de lo dicho|el mecánico fue rápido y tranquilo|nos trajeron otro coche""",
        "pt": """ficámos horas na berma da estrada|o reboque foi para a saída errada|ninguém nos ligou de volta
            a ajuda chegou mais cedo do que disseram|o mecânico foi calmo e rápido|trouxeram-nos outro carro""",
    },
    "return": {
        "en": """the return check took for ever|there was nobody at the return desk|the signs to the return were missing
            returning the car took three minutes|the return desk was easy to find|the check at the end was quick""",
        "es": """la revisión al devolver fue eterna|no había nadie en la devolución|faltaban señales para la devolución
            devolver el coche fueron tres minutos|la zona de devolución se encontraba fácil|la revisión final fue rápida""",
        "pt": """a verificação na devolução não acabava|não havia ninguém na devolução|faltavam placas para a devolução
            devolver o carro levou três minutos|foi fácil encontrar a devolução|a verificação final foi rápida""",
    },
    "damage charge": {
        "en": """they charged me for a scratch that was there before|I was blamed for damage I did not cause|no photo of the dent was ever shown
            they had photos and charged nothing|the small scratch was waved through|the damage was settled fairly""",
        "es": """me cobraron un arañazo que ya estaba|me culparon de un daño que no hice|nunca me enseñaron la foto del golpe
            tenían fotos y no cobraron nada|el arañazo pequeño lo dejaron pasar|el daño se resolvió con justicia""",
        "pt": """cobraram um risco que já lá estava|culparam-me por um dano que não fiz|nunca mostraram a foto da mossa
            tinham fotos e não cobraram nada|o risco pequeno não foi cobrado|o dano foi resolvido com justiça""",
    },
    "deposit": {
        "en": """my deposit has still not come back|the invoice has a fee nobody mentioned|the fuel was charged twice
            the deposit was back the next day|the invoice was exactly as agreed|no hidden charge at all""",
        "es": """todavía no me han devuelto la fianza|la factura trae un cargo que nadie mencionó|cobraron el combustible dos veces
            la fianza volvió al día siguiente|la factura fue exactamente lo acordado|ningún cargo oculto""",
        "pt": """a caução ainda não foi devolvida|a fatura tem uma taxa que ninguém mencionou|cobraram o combustível duas vezes
            a caução voltou no dia seguinte|a fatura foi exatamente o combinado|nenhuma taxa escondida""",
    },
    "rental": {
        "en": """nothing went as it was promised|every step needed a phone call|I would not rent here again
            everything went smoothly from start to end|a rental as it should be|I will rent here again""",
        "es": """nada salió como prometieron|cada paso necesitó una llamada|no volvería a alquilar aquí
            todo fue bien de principio a fin|un alquiler como debe ser|volveré a alquilar aquí""",
        "pt": """nada correu como prometeram|cada passo precisou de um telefonema|não voltaria a alugar aqui
            correu tudo bem do princípio ao fim|um aluguer como deve ser|voltarei a alugar aqui""",
    },
}  # fmt: skip

_OPENINGS = {
    "en": """I am furious: |I was so angry and upset: |Dreadful, I felt cheated: |A nightmare, honestly afraid of the bill: |What a disappointment, I am disgusted: 
        Not good: |Sorry to say it, but |It could be better: |Below what I expected: |Hm, 
        As expected, mostly: |All right. |Fine, though |Okay; |Nothing special: 
        Good: |Well done, |Pleased to say that |A good experience: |Thank you, 
        Wonderful! I was delighted: |I love it: |So happy and relieved: |Brilliant, a lovely surprise: |Thrilled! """,
    "es": """Estoy furioso: |Qué rabia y qué disgusto: |Horrible, me sentí engañado: |Una pesadilla, con miedo a la factura: |Qué decepción, estoy indignada: 
        Regular: |Siento decirlo, pero |Se puede mejorar: |Por debajo de lo esperado: |No me convence: 
        Lo esperado: |Correcto. |Bien, aunque |Normal; |Sin más: 
        Bien: |Buen trabajo, |Me alegra decir que |Buena experiencia: |Gracias, 
        ¡Maravilloso! Estoy encantado: |Me encanta: |Qué alegría y qué alivio: |Genial, una grata sorpresa: |¡Feliz! """,
    "pt": """Estou furioso: |Que raiva e que desgosto: |Horrível, senti-me enganado: |Um pesadelo, com medo da fatura: |Que desilusão, estou indignada: 
        Não foi bom: |Lamento dizer, mas |Podia ser melhor: |Abaixo do esperado: |Não me convenceu: 
        O esperado: |Razoável. |Bem, mas |Normal; |Nada de especial: 
        Bom: |Bom trabalho, |Fico contente por dizer que |Boa experiência: |Obrigado, 
        Maravilhoso! Estou encantado: |Adorei: |Que alegria e que alívio: |Ótimo, uma bela surpresa: |Muito feliz! """,
}  # fmt: skip

_CLOSINGS = {
    "en": """. Never again!|, and it still makes me angry.|. I want my money back.|, I was in tears.|.
I am shocked.
        . Please look into it.|. I expected more.|, which is a pity.|.|. Do better.
        .|, that is all.|. No more to say.|. It was a normal day.|.
See you.
        . Thanks.|. Keep it up.|, much appreciated.|.|. Good value.
        . Thank you all!|, what a joy!|. I told all my friends.|! Ten out of ten.|.
Simply perfect!""",
    "es": """. ¡Nunca más!|, y todavía me da rabia.|. Quiero que me devuelvan el dinero.|, acabé llorando.|.
Estoy horrorizado.
        . Revísenlo, por favor.|. Esperaba más.|, una lástima.|.|. Hay que mejorar.
        .|, eso es todo.|. Nada más que decir.|. Un día normal.|.
Hasta otra.
        . Gracias.|. Sigan así.|, se agradece.|.|. Buen precio.
        . ¡Gracias a todos!|, ¡qué alegría!|. Se lo conté a mis amigos.|, un diez.|.
¡Simplemente perfecto!""",
    "pt": """. Nunca mais!|, e ainda me dá raiva.|. Quero o meu dinheiro de volta.|, acabei a chorar.|.
Estou chocado.
        . Vejam isto, por favor.|. Esperava mais.|, uma pena.|.|. É preciso melhorar.
        .|, é tudo.|. Nada mais a dizer.|. Um dia normal.|.
Até à próxima.
        . Obrigado.|. Continuem assim.|, agradeço.|.|. Bom preço.
        . Obrigado a todos!|, que alegria!|. Contei a todos os amigos.|, nota dez.|.
Simplesmente perfeito!""",
}  # fmt: skip

# What agents note of a call; the house works in Spanish.
NOTES = {
    "calm": "Llama por {}; se le informa.|Consulta sobre {}, queda conforme.|Pregunta por {}.|Pide copia de los documentos de {}.",
    "upset": "Muy enfadado por {}; pide un responsable.|Tercera llamada por {}, tono tenso.|Se queja de {} y amenaza con no volver.|Llora por teléfono, disgustada por {}.",
}  # fmt: skip
NOTED = {
    "booking change": "un cambio de la reserva", "directions": "cómo llegar a la oficina", "invoice": "la factura",
    "complaint": "su reclamación",
}  # fmt: skip


def _levels(text: str) -> list[list[str]]:
    """Five lines of alternatives, dreadful to splendid; a line that begins at the margin goes on from the one before."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and not line.startswith("    "):
            lines[-1] += "\n" + line
        else:
            lines.append(line.removeprefix("        "))
    return [line.split("|") for line in lines]


TOPICS = tuple(_TOPICS)
# topic, language, blame or praise, alternative
DETAILS = [[[line.strip().split("|") for line in _TOPICS[topic][one].split("\n")] for one in LANGUAGES] for topic in TOPICS]
OPENINGS = [_levels(_OPENINGS[one]) for one in LANGUAGES]  # language, tone, alternative
CLOSINGS = [_levels(_CLOSINGS[one]) for one in LANGUAGES]
