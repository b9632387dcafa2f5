### 语言选择

language-unknown = trainscope 没有这种语言，可用的有 { $languages }
language-clauses = { $first }；{ $rest }
language-enumeration = { $first }，{ $rest }
language-sentence = { $clause }。
language-sentences = { $first }{ $rest }
