using AttentionKernels.MicroKernels;

namespace AttentionKernels.Launching;

/// <summary>A run of numbers of a row.</summary>
/// <param name="Row">The row.</param>
/// <param name="First">The first number.</param>
/// <param name="End">Behind the last one.</param>
internal readonly record struct ElementRun(long Row, int First, int End);

/// <summary>Rows, each cut into runs of its numbers, a tile each, for kernels that take numbers one by one.</summary>
internal readonly struct ElementRuns
{
    // Numbers of a run on a processor: work enough for a tile, and few enough for all workers.
    private const int LongestRun = 1 << 14;

    private readonly int _numbers;
    private readonly int _length;

    private ElementRuns(long rows, int numbers, int length)
    {
        Rows = rows;
        _numbers = numbers;
        _length = length;
    }

    /// <summary>The rows.</summary>
    public long Rows { get; }

    /// <summary>How many runs there are.</summary>
    public long Count => Rows * PerRow;

    private int PerRow => (int)(((long)_numbers + _length - 1) / _length);

    /// <summary>Rows of so many numbers: on a GPU a number is a run, so that neighbouring threads take neighbouring ones, and on a
    /// processor a row is, or a part of a long one.</summary>
    public static ElementRuns Of(AttentionDevice device, long rows, int numbers) =>
        new(rows, numbers, device.IsGpu ? 1 : Math.Clamp(numbers, 1, LongestRun));

    /// <summary>The run of a tile.</summary>
    public ElementRun At(long tile)
    {
        Division row = Division.Of(tile, PerRow);
        int first = row.Remainder * _length;
        return new ElementRun(row.Quotient, first, first + Math.Min(_length, _numbers - first));
    }
}
