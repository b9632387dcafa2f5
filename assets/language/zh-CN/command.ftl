### 命令行

command-folder-and-command = 给出数据集目录会打开窗口，不能与命令同时使用

## 帮助

command-heading-usage = 用法：
command-heading-commands = 命令
command-heading-arguments = 参数
command-heading-options = 选项
command-print-help = 显示帮助
command-print-help-of-command = 显示本帮助，或某个命令的帮助
command-print-version = 显示版本
command-option-with-default = { $text }［默认值：{ $default }］
command-option-with-values = { $text }［可选值：{ $values }］
command-value = - { $name }：{ $meaning }

## 命令行错误

command-line-refused = 错误：{ $said }
command-line-refused-with-usage =
    错误：{ $said }

    用法：{ $usage }

    用 --help 查看详细说明。
command-unknown-argument = 未知的参数 { $argument }{ $near }
command-unknown = 没有命令 { $name }{ $near }
command-value-missing = { $argument } 需要一个值
command-value-unknown = { $argument } 的值 { $value } 无效{ $near }，可选值：{ $known }
command-value-refused = { $argument } 的值 { $value } 无效：{ $reason }
command-argument-missing = 缺少参数：{ $arguments }
command-arguments-conflict = { $argument } 不能与 { $other } 同时使用
command-value-count = { $argument } 的值的个数不对
