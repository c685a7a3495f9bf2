# setup.ps1 PROJECT FOLDER...: what setup.sh and build.sh do, for Windows. Nothing has to be decided or installed there: TorchSharp's
# packages, the default, run on every Windows on x64.
$ErrorActionPreference = 'Stop'

$project, $folders = $args
$root = Split-Path -Parent $PSScriptRoot
$built = Join-Path $root 'artifacts\built'
$name = Split-Path -Leaf $project
$stamp = Join-Path $built $name
$log = Join-Path $built "$name.log"
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
Set-Location $root

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    Write-Host 'setup: the .NET 10 SDK is missing. How to install it: https://learn.microsoft.com/dotnet/core/install'
    exit 1
}

$sources = @($folders | ForEach-Object { Get-ChildItem -Path $_ -Recurse -File }) + @(Get-ChildItem -Path *.props, *.targets, global.json, .editorconfig)
$lines = $sources |
    Where-Object { $_.FullName -notmatch '\\(bin|obj|TestResults)\\|\\tests\\data\\' } |
    Sort-Object FullName |
    ForEach-Object { "$($_.FullName) $($_.Length) $($_.LastWriteTimeUtc.Ticks)" }
$fingerprint = (@("$env:TorchProvider $env:TorchBackend $env:TorchSharpAssembly $env:LIBTORCH") + $lines) -join "`n"
if ((Test-Path $stamp) -and [IO.File]::ReadAllText($stamp) -eq $fingerprint) {
    exit 0
}

Write-Host "build: $name"
New-Item -ItemType Directory -Force $built | Out-Null
if (Test-Path $stamp) {
    Remove-Item $stamp
}

& dotnet build $project --configuration Release --nologo --verbosity quiet -warnaserror > $log
if ($LASTEXITCODE -ne 0) {
    Get-Content $log | Write-Host
    Write-Host "build: $name failed"
    exit 1
}

[IO.File]::WriteAllText($stamp, $fingerprint)
