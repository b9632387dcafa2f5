### The choice of a language.

language-unknown = not a language that trainscope speaks: it speaks { $languages }
language-clauses = { $first }; { $rest }
language-enumeration = { $first }, { $rest }
language-sentence = { $clause }.
language-sentences = { $first } { $rest }
