using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Work;

/// <summary>A run of numbers of one row of outputs.</summary>
/// <param name="Row">The row, as log-sum-exps count them.</param>
/// <param name="Batch">Its sequence.</param>
/// <param name="Head">Its head.</param>
/// <param name="Query">Its query.</param>
/// <param name="First">The first number.</param>
/// <param name="End">One past the last number.</param>
internal readonly record struct RowRun(long Row, int Batch, int Head, int Query, int First, int End);

/// <summary>Rows of outputs, each cut into runs of its numbers, in closed form; for work on whole states.</summary>
internal struct RowRuns
{
    public int Batch;
    public int Heads;
    public int Queries;

    /// <summary>Numbers of a row.</summary>
    public int Dimension;

    /// <summary>Numbers of a run, but for the last of a row.</summary>
    public int Length;

    /// <summary>Numbers of a run that suit a device: neighbouring threads of a GPU take neighbouring numbers, a processor's worker a
    /// row.</summary>
    public static int LengthOn(AttentionDevice device, int dimension) => device.IsGpu ? 1 : dimension;

    /// <summary>How many runs there are.</summary>
    public readonly long Count => (long)Batch * Heads * Queries * PerRow;

    private readonly int PerRow => (Dimension + Length - 1) / Length;

    /// <summary>The n-th run.</summary>
    public readonly RowRun At(long index)
    {
        Division row = Division.Of(index, PerRow);
        Division head = Division.Of(row.Quotient, Queries);
        Division batch = Division.Of(head.Quotient, Heads);
        int first = row.Remainder * Length;
        return new RowRun(
            row.Quotient, (int)batch.Quotient, batch.Remainder, head.Remainder, first, Math.Min(first + Length, Dimension));
    }
}
