namespace AttentionKernels;

/// <summary>How quantised attention finds its tensors stored: each <see cref="NumberFormat.Float8E4M3"/>,
/// <see cref="NumberFormat.Float8E5M2"/> or <see cref="NumberFormat.Int8"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Query">The query; as the output is stored where <see langword="null"/>.</param>
/// <example>
/// <code>
/// var formats = new QuantizedFormats(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3, Query: NumberFormat.Float8E4M3);
/// </code>
/// </example>
public sealed record QuantizedFormats(NumberFormat Key, NumberFormat Value, NumberFormat? Query = null)
{
    /// <summary>Checks that tensors can be stored so.</summary>
    /// <param name="name">What the caller calls the formats.</param>
    /// <exception cref="ArgumentException">One cannot.</exception>
    internal void Check(string name)
    {
        Require(Key, nameof(Key));
        Require(Value, nameof(Value));
        if (Query is not null)
            Require(Query, nameof(Query));

        void Require(NumberFormat? format, string tensor)
        {
            if (format != NumberFormat.Float8E4M3 && format != NumberFormat.Float8E5M2 && format != NumberFormat.Int8)
            {
                throw new ArgumentException(
                    $"The format of '{tensor}' is {format?.ToString() ?? "null"}; it must be Float8E4M3, Float8E5M2 or Int8.", name);
            }
        }
    }
}
