"""The pictures that a run leaves behind."""

from coursekit.runs import pictures


def test_a_curve_over_decades_gets_a_logarithmic_axis() -> None:
    assert pictures.spans_decades([1_000.0, None, 10.0])
    assert not pictures.spans_decades([1.5, 1.2])
    assert not pictures.spans_decades([100.0, 0.0])
    assert not pictures.spans_decades([None])
