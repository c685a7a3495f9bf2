# setup.ps1 NAME FOLDER...: what setup.sh and build.sh do, for Windows, where nothing has to be installed but the .NET SDK.
$ErrorActionPreference = 'Stop'

$name, $folders = $args
$root = Split-Path -Parent $PSScriptRoot
$stamp = Join-Path $root "artifacts/built/$name"
$log = "$stamp.log"
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_GENERATE_ASPNET_CERTIFICATE = 'false'
Set-Location $root

# By size and time, since PowerShell takes long over contents.
$lines = @(Get-ChildItem -Path $folders -Recurse -File) + @(Get-ChildItem -Path *.props, *.targets, global.json, .editorconfig -Force) |
    Where-Object { $_.FullName -notmatch '[\\/](bin|obj|TestResults|tests[\\/]data)[\\/]' } |
    Sort-Object FullName |
    ForEach-Object { "$($_.FullName) $($_.Length) $($_.LastWriteTimeUtc.Ticks)" }
$fingerprint = (@("$env:TorchBackend") + $lines) -join "`n"
if ((Test-Path $stamp) -and [IO.File]::ReadAllText($stamp) -eq $fingerprint) {
    exit 0
}

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    Write-Host 'setup: the .NET 10 SDK is missing. How to install it: https://learn.microsoft.com/dotnet/core/install'
    exit 1
}

if (Test-Path $stamp) {
    Write-Host "build: ${name}: building what has changed"
    Remove-Item $stamp
} else {
    Write-Host "build: ${name}: building; the first time takes a minute and downloads libtorch"
}
New-Item -ItemType Directory -Force (Split-Path -Parent $stamp) | Out-Null

& dotnet build "@eng/$name.rsp" > $log
if ($LASTEXITCODE -ne 0) {
    Get-Content $log | Write-Host
    Write-Host "build: $name failed"
    exit 1
}

[IO.File]::WriteAllText($stamp, $fingerprint)
