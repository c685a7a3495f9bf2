@echo off
rem Runs all tests; its arguments go to "dotnet test": test --filter TestCategory=Reference
setlocal
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0eng\setup.ps1" all src tests eng benchmarks samples 1>&2
if errorlevel 1 exit /b 1
cd /d "%~dp0"
rem A test host for each core, each with one thread: see test.
if not defined OMP_NUM_THREADS set OMP_NUM_THREADS=1
dotnet test eng\Tests.proj --configuration Release --no-build --nologo -m:%NUMBER_OF_PROCESSORS% %*
