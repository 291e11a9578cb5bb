"""Grading a class: students' notebooks in, marks and reports out.

The student's code runs in a process behind walls; checks, answers and marks stay on this side.
"""
