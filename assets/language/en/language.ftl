### The choice of a language.

language-unknown = not a language that trainscope speaks: it speaks { $languages }
