"""Personal data with its middle hidden."""


def masked(text: str) -> str:
    """139****2652, 4301***********123X, 张*: enough to recognise one's own, not enough to use."""
    if len(text) <= 1:
        return text
    if len(text) <= 4:
        return text[0] + "*" * (len(text) - 1)
    if len(text) <= 7:
        return text[0] + "*" * (len(text) - 2) + text[-1]
    if len(text) <= 10:
        return text[:2] + "*" * (len(text) - 4) + text[-2:]
    head = 3 if len(text) == 11 else 4
    return text[:head] + "*" * (len(text) - head - 4) + text[-4:]
