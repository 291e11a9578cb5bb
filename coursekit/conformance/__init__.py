"""What every lesson must pass, as small cases in groups; see `coursekit.testing`.

Each module is a group: a function `cases` returns what it checks of a lesson. `groups` is their
table, `subject` holds what they share (the data is read twice, two models are trained for a few
steps), `suite` runs them one after another.
"""
