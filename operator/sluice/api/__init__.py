"""The API as data: fields, values, rules, names and messages.

Everything a person, a client or another module has to spell exactly is written once in this folder. It
imports nothing else of the package but ``contract``.
"""
