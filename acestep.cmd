@echo off
rem Runs the command line of AceStep for .NET. Builds first, where that has not been done. Try: acestep --help
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0eng\setup.ps1" program src eng 1>&2
if errorlevel 1 exit /b 1
dotnet "%~dp0artifacts\program\bin\AceStep.Cli\release\acestep.dll" %*
