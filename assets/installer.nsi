; The installer for Windows: for the person who runs it, without administrator's rights. `.ci/package.sh exe` builds it.
Unicode true
!include MUI2.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\trainscope"
!define IN_FOLDER "Software\Classes\Directory\shell\trainscope"

Name "trainscope"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\trainscope"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
SetCompressor /SOLID lzma
; A file that cannot be written ends the installation: beside a new registry an old program would stay unnoticed.
AllowSkipFiles off

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "trainscope"
VIAddVersionKey "FileDescription" "trainscope setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT or Apache-2.0"

!define MUI_ICON "${ASSETS}\icon.ico"
!define MUI_UNICON "${ASSETS}\icon.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\trainscope.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString OpenIn ${LANG_ENGLISH} "Open with trainscope"
LangString OpenIn ${LANG_SIMPCHINESE} "用 trainscope 打开"
LangString StillRuns ${LANG_ENGLISH} "trainscope is still running: its window, or a run that trains in the background. End it, then try again."
LangString StillRuns ${LANG_SIMPCHINESE} "trainscope 仍在运行：可能是它的窗口，也可能是在后台继续的训练。请先结束它，再重试。"

; Nothing is changed while the program runs: Windows lets nobody replace or delete its file. Unasked, as with /S, it ends with 2.
!macro MustNotRun un
Function ${un}MustNotRun
again:
    ${IfNot} ${FileExists} "$INSTDIR\trainscope.exe"
        Return
    ${EndIf}
    ClearErrors
    ; To be written to behind its end, which changes nothing of it.
    FileOpen $0 "$INSTDIR\trainscope.exe" a
    ${IfNot} ${Errors}
        FileClose $0
        Return
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(StillRuns)" /SD IDCANCEL IDRETRY again
    SetErrorLevel 2
    Abort
FunctionEnd
!macroend
!insertmacro MustNotRun ""
!insertmacro MustNotRun "un."

Function .onInit
    ; The language of Windows, unasked.
    System::Call 'kernel32::GetUserDefaultUILanguage() i .r0'
    StrCpy $LANGUAGE ${LANG_ENGLISH}
    IntOp $0 $0 & 0x3ff
    ${If} $0 == 4
        StrCpy $LANGUAGE ${LANG_SIMPCHINESE}
    ${EndIf}
FunctionEnd

; Paths with backslashes, which makensis understands on every system; slashes it does not on Windows.
Section
    Call MustNotRun
    SetOutPath "$INSTDIR"
    File "${PROGRAM}"
    File "${ASSETS}\icon.ico"
    File "${ROOT}\README.md"
    File "${ROOT}\README.zh-CN.md"
    File "${ROOT}\LICENSE-MIT"
    File "${ROOT}\LICENSE-APACHE"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    CreateShortcut "$SMPROGRAMS\trainscope.lnk" "$INSTDIR\trainscope.exe" "" "$INSTDIR\icon.ico"
    WriteRegStr HKCU "${IN_FOLDER}" "" "$(OpenIn)"
    WriteRegStr HKCU "${IN_FOLDER}" "Icon" "$INSTDIR\icon.ico"
    WriteRegStr HKCU "${IN_FOLDER}\command" "" '"$INSTDIR\trainscope.exe" "%1"'
    WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "trainscope"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\icon.ico"
    WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

; Runs, settings and caches of the user stay.
Section "Uninstall"
    Call un.MustNotRun
    Delete "$INSTDIR\trainscope.exe"
    ; While the program stays, so does the way to uninstall it.
    ${If} ${FileExists} "$INSTDIR\trainscope.exe"
        SetErrorLevel 2
        Abort
    ${EndIf}
    Delete "$INSTDIR\icon.ico"
    Delete "$INSTDIR\README.md"
    Delete "$INSTDIR\README.zh-CN.md"
    Delete "$INSTDIR\LICENSE-MIT"
    Delete "$INSTDIR\LICENSE-APACHE"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\trainscope.lnk"
    DeleteRegKey HKCU "${IN_FOLDER}"
    DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
