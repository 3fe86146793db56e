namespace AttentionKernels.Tests.Attention;

/// <summary>Sliding-window attention: a query attends to the last <paramref name="width"/> tokens up to its own.</summary>
public readonly struct SlidingWindow(int width) : IMask<SlidingWindow>
{
    private readonly int _width = width;

    public static bool RangeIsExact => true;

    public static bool Allows(in SlidingWindow self, in Position at) =>
        at.Key > at.QueryPosition - self._width && at.Key <= at.QueryPosition;

    public static KeyRange Range(in SlidingWindow self, in QueryRange queries) =>
        new(queries.FirstPosition - self._width + 1, queries.LastPosition + 1);
}
