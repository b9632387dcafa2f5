### 语言选择

language-unknown = trainscope 没有这种语言，可用的有 { $languages }
