@echo off
rem Runs the command line of AceStep for .NET. Builds first, where that has not been done. Try: acestep --help
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0eng\setup.ps1" src\AceStep.Cli\AceStep.Cli.csproj src eng 1>&2
if errorlevel 1 exit /b 1
dotnet "%~dp0src\AceStep.Cli\bin\Release\net10.0\acestep.dll" %*
