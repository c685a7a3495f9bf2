namespace AceStep.Audio.Analysis;

/// <summary>
/// The two filters of ITU-R BS.1770 that make a level follow the ear: a shelf for the head and a high-pass.
/// The standard gives their coefficients for 48 kHz; these come from the analogue filters behind them and are
/// the standard's at that rate.
/// </summary>
internal struct KWeighting
{
    private const double ShelfFrequency = 1681.974450955533;
    private const double ShelfGain = 3.999843853973347;
    private const double ShelfQuality = 0.7071752369554196;
    private const double ShelfSlope = 0.4996667741545416;
    private const double HighPassFrequency = 38.13547087602444;
    private const double HighPassQuality = 0.5003270373238773;

    private Biquad _shelf;
    private Biquad _highPass;

    public KWeighting(int sampleRate)
    {
        double k = Math.Tan(Math.PI * ShelfFrequency / sampleRate);
        double high = Math.Pow(10, ShelfGain / 20);
        double middle = Math.Pow(high, ShelfSlope);
        double scale = 1 + (k / ShelfQuality) + (k * k);
        _shelf = new Biquad
        {
            B0 = (high + (middle * k / ShelfQuality) + (k * k)) / scale,
            B1 = 2 * ((k * k) - high) / scale,
            B2 = (high - (middle * k / ShelfQuality) + (k * k)) / scale,
            A1 = 2 * ((k * k) - 1) / scale,
            A2 = (1 - (k / ShelfQuality) + (k * k)) / scale,
        };

        k = Math.Tan(Math.PI * HighPassFrequency / sampleRate);
        scale = 1 + (k / HighPassQuality) + (k * k);
        _highPass = new Biquad
        {
            B0 = 1,
            B1 = -2,
            B2 = 1,
            A1 = 2 * ((k * k) - 1) / scale,
            A2 = (1 - (k / HighPassQuality) + (k * k)) / scale,
        };
    }

    /// <summary>The coefficients b0, b1, b2, a1, a2 of the shelf and of the high-pass.</summary>
    public readonly double[][] Coefficients =>
    [
        [_shelf.B0, _shelf.B1, _shelf.B2, _shelf.A1, _shelf.A2],
        [_highPass.B0, _highPass.B1, _highPass.B2, _highPass.A1, _highPass.A2],
    ];

    /// <summary>Filters the next sample.</summary>
    public double Next(double sample) => _highPass.Next(_shelf.Next(sample));

    /// <summary>A second-order filter in transposed direct form II.</summary>
    private struct Biquad
    {
        public double B0;
        public double B1;
        public double B2;
        public double A1;
        public double A2;
        private double _first;
        private double _second;

        public double Next(double sample)
        {
            double result = (B0 * sample) + _first;
            _first = (B1 * sample) - (A1 * result) + _second;
            _second = (B2 * sample) - (A2 * result);
            return result;
        }
    }
}
