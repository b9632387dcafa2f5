### 命令行

command-folder-and-command = 给出数据集目录会打开窗口，不能与命令同时使用
