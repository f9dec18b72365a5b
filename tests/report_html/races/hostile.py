"""Races whose names, values and messages try to be markup."""

from __future__ import annotations

from weft import AtomicReference, Results, Setting, require, scenario

END = "</script><script>document.title = 'taken over'</script><img src=x onerror=alert(1)>"


@scenario(expect="VIOLATED", violates="final", why=f"a value is {END} & 'quoted'", name="hostile")
def hostile(s: Setting) -> None:
    text = AtomicReference("<b>nothing</b>")

    def write() -> str:
        seen = text.load()
        text.store(seen + END)
        return seen

    s.thread(write, name="<i>one</i>")
    s.thread(write, name="<!--two")

    @s.observe
    def left(results: Results) -> str:
        return text.load()

    @s.final
    def both(results: Results) -> None:
        require(text.load().count(END) == 2, f"only {text.load()}")
