namespace AttentionKernels.Peers.Peers;

/// <summary>Layouts of heads that peers want.</summary>
internal static class HeadLayout
{
    /// <summary>Repeats each head of [batch, tokens, heads, headDim].</summary>
    public static float[] Repeat(float[] source, int headDimension, int times)
    {
        if (times == 1)
            return source;
        var target = new float[source.LongLength * times];
        Parallel.For(0, source.Length / headDimension, head =>
        {
            ReadOnlySpan<float> elements = source.AsSpan(head * headDimension, headDimension);
            for (int time = 0; time < times; time++)
                elements.CopyTo(target.AsSpan((head * times + time) * headDimension, headDimension));
        });
        return target;
    }

    /// <summary>Brings [batch, tokens, heads, headDim] to [batch, heads, tokens, headDim].</summary>
    public static float[] HeadsFirst(float[] source, int tokens, int heads, int headDimension)
    {
        var target = new float[source.LongLength];
        Parallel.For(0, source.Length / headDimension, row =>
        {
            (int outer, int head) = Math.DivRem(row, heads);
            (int sequence, int token) = Math.DivRem(outer, tokens);
            int targetRow = (sequence * heads + head) * tokens + token;
            source.AsSpan(row * headDimension, headDimension).CopyTo(target.AsSpan(targetRow * headDimension, headDimension));
        });
        return target;
    }
}
