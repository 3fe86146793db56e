using System.Globalization;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>A sum in fp64, and the error that adding up the same terms in fp32 may have, in any order.</summary>
internal struct ExactSum
{
    private double _value;
    private double _magnitude;

    /// <summary>Adds a term.</summary>
    public void Add(double term)
    {
        _value += term;
        _magnitude += Math.Abs(term);
    }

    /// <summary>Fails where |result − sum| &gt; roundings · 2⁻²⁴ · Σ|terms|: each rounding is of a partial sum. A sum that is no number must be NaN.</summary>
    public readonly void Verify(float result, int roundings, FormattableString what)
    {
        bool agrees = double.IsFinite(_value)
            ? Math.Abs(result - _value) <= roundings * Math.Pow(2, -24) * _magnitude
            : result.Equals((float)_value);
        if (!agrees)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{FormattableString.Invariant(what)} is {result:G9}; it must be {_value:G12}, with {roundings} roundings of {_magnitude:G6}."));
    }
}
