import pytest

from signaal.simulator.twiml import RULES, TOP, BadTwiml, DocumentKind, read_twiml

VOICE, WHISPER, SMS = DocumentKind.VOICE, DocumentKind.WHISPER, DocumentKind.SMS
SAY = '<Say language="nl-NL">hallo</Say>'


def read(inside: str, kind: DocumentKind = VOICE) -> list[str]:
    return [verb.tag for verb in read_twiml(f"<Response>{inside}</Response>", kind)]


@pytest.mark.parametrize(
    ("kind", "inside", "verbs"),
    [
        (VOICE, "", []),
        (VOICE, SAY + '<Pause length="2"/>' + SAY + "<Hangup/>", ["Say", "Pause", "Say", "Hangup"]),
        (VOICE, f'<Gather action="/x" input="dtmf" finishOnKey="">{SAY}</Gather>', ["Gather"]),
        (
            VOICE,
            '<Dial action="/x" answerOnBridge="true" timeout="18" callerId="+3197010200300">'
            '<Number url="/y" statusCallback="/z" statusCallbackEvent="ringing completed">'
            "+31612340001</Number></Dial>",
            ["Dial"],
        ),
        (VOICE, '<Reject reason="busy"/>', ["Reject"]),
        (WHISPER, SAY + '<Redirect method="POST">/x</Redirect>', ["Say", "Redirect"]),
        (SMS, "<Message>Dank u</Message>", ["Message"]),
        (SMS, "<Message><Body>Dank u</Body></Message>", ["Message"]),
    ],
)
def test_what_signaal_needs_is_allowed(kind, inside, verbs):
    assert read(inside, kind) == verbs


@pytest.mark.parametrize(
    ("kind", "inside", "slip"),
    [
        (VOICE, "<Speak>x</Speak>", "<Speak> may not stand in a voice document"),
        (VOICE, "<say>x</say>", "<say> may not stand"),
        (VOICE, "<Record/>", "<Record> may not stand"),
        (VOICE, "hallo" + SAY, "loose text in <Response>"),
        (VOICE, SAY + "hallo", "loose text in <Response>"),
        (VOICE, "<Say>x</Say>", "<Say> lacks language"),
        (VOICE, '<Say language="nl-NL"> </Say>', "<Say> holds the wrong text"),
        (VOICE, '<Say language="nl-NL" tone="x">x</Say>', "<Say> knows no tone"),
        (VOICE, '<Say language="Dutch">x</Say>', "<Say language> can't be 'Dutch'"),
        (VOICE, '<Say language="nl-NL" loop="0">x</Say>', "<Say loop> can't be '0'"),
        (VOICE, '<Gather numDigits="1"/>', "<Gather> lacks action"),
        (VOICE, '<Gather action="/x" method="GET"/>', "<Gather method> can't be 'GET'"),
        (VOICE, '<Gather action="x"/>', "<Gather action> can't be 'x'"),
        (VOICE, '<Gather action="/x" input="speech"/>', "<Gather input>"),
        (VOICE, '<Gather action="/x"><Dial action="/y"/></Gather>', "<Dial> may not stand in"),
        (VOICE, '<Dial action="/x"/>', "<Dial> calls nobody"),
        (VOICE, '<Dial action="/x">+31612340001</Dial>', "loose text in <Dial>"),
        (VOICE, '<Dial action="/x"><Number>0612</Number></Dial>', "<Number> holds the wrong"),
        (VOICE, "<Dial><Number>+31612340001</Number></Dial>", "<Dial> lacks action"),
        (VOICE, '<Pause length="0"/>', "<Pause length> can't be '0'"),
        (VOICE, "<Redirect/>", "<Redirect> holds the wrong text"),
        (VOICE, "<Hangup/>" + SAY, "nothing after <Hangup> is ever reached"),
        (VOICE, "<Message>x</Message>", "<Message> may not stand in a voice document"),
        (WHISPER, '<Dial action="/x"/>', "<Dial> may not stand in a whisper document"),
        (WHISPER, "<Reject/>", "<Reject> may not stand in a whisper document"),
        (SMS, SAY, "<Say> may not stand in a sms document"),
        (SMS, '<Message to="06">x</Message>', "<Message to> can't be '06'"),
    ],
)
def test_every_slip_is_named(kind, inside, slip):
    with pytest.raises(BadTwiml) as found:
        read(inside, kind)

    assert slip in str(found.value)


def test_all_slips_are_named_at_once():
    with pytest.raises(BadTwiml) as found:
        read('<Say>x</Say><Hangup why="x"/><Foo/>')

    assert str(found.value).split("; ") == [
        "<Say> lacks language",
        "<Hangup> knows no why",
        "nothing after <Hangup> is ever reached",
        "<Foo> may not stand in a voice document",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hallo",
        "<Response>",
        "<Antwoord/>",
        '<Response x="y"/>',
        '<!DOCTYPE r [<!ENTITY a "b">]><Response/>',
        "<Response>" + SAY * 5000 + "</Response>",
    ],
)
def test_what_is_no_document_at_all_is_refused(text):
    with pytest.raises(BadTwiml):
        read_twiml(text, VOICE)


def test_every_element_that_may_stand_somewhere_has_a_rule():
    allowed = frozenset().union(*TOP.values(), *(rule.children for rule in RULES.values()))

    assert allowed == RULES.keys()
