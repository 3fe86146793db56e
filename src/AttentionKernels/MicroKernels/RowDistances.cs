using System.Runtime.CompilerServices;

namespace AttentionKernels.MicroKernels;

/// <summary>How far apart the rows of a tensor lie: inner ones at equal distances, and outer ones, of some inner ones each, too.</summary>
internal struct RowDistances
{
    /// <summary>Elements from a row to the next.</summary>
    public long Row;

    /// <summary>Elements from an outer row to the next.</summary>
    public long Outer;

    /// <summary>Whether both are multiples of four.</summary>
    public readonly bool AreRegular() => Row % 4 == 0 && Outer % 4 == 0;

    /// <summary>Where a row begins.</summary>
    /// <param name="row">The row, of all.</param>
    /// <param name="inner">Rows of an outer one; 0 where all lie at equal distances.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Offset(long row, int inner)
    {
        if (inner == 0)
            return row * Row;
        Division at = Division.Of(row, inner);
        return (at.Quotient * Outer) + (at.Remainder * Row);
    }
}
