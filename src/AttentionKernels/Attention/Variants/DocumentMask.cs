using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Documents packed one behind the other into a sequence: a query attends to the keys of its own document, the last query being
/// at the last key.</summary>
/// <remarks>With <see cref="CausalMask"/>, as <c>new CausalMask().And(new DocumentMask(offsets))</c>, the ranges stay exact, and keys of
/// other documents are never read. A query in front of the first document or behind the last attends to nothing.</remarks>
public readonly struct DocumentMask : IMask<DocumentMask>
{
    private readonly VariantTable<int> _offsets;

    /// <summary>Makes a mask.</summary>
    /// <param name="offsets">Where each document begins, and where the last one ends, in tokens and rising: [documents + 1], or, where
    /// sequences have others, [batch, documents + 1].</param>
    /// <exception cref="ArgumentException"><paramref name="offsets"/> is of another rank, not dense, or has fewer than two
    /// offsets.</exception>
    public DocumentMask(TensorView<int> offsets)
    {
        _offsets = new VariantTable<int>(offsets, (1, 2), "[documents + 1] or [batch, documents + 1]", nameof(offsets));
        if (Count < 1)
        {
            throw new ArgumentException(
                $"The offsets are {offsets.Shape}; a document has a beginning and an end, so they must be two or more.", nameof(offsets));
        }
    }

    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in DocumentMask self, in Position at)
    {
        KeyRange document = self.Documents(at.Batch, at.QueryPosition, at.QueryPosition);
        return at.Key >= document.First && at.Key < document.End;
    }

    /// <inheritdoc/>
    public static KeyRange Range(in DocumentMask self, in QueryRange queries) =>
        self.Documents(queries.Batch, queries.FirstPosition, queries.LastPosition);

    /// <inheritdoc/>
    public static TileCoverage Coverage(in DocumentMask self, in QueryRange queries, KeyRange keys) =>
        IMask<DocumentMask>.CoverageByRanges(self, queries, keys);

    private int Count => _offsets.Columns - 1;

    // The tokens of the documents of some positions; none where all are outside.
    private KeyRange Documents(int batch, int first, int last)
    {
        if (last < Offset(batch, 0))
            return new KeyRange(0, 0);

        // An empty range that does not go back, as later queries' ranges never do.
        int end = Offset(batch, Count);
        if (first >= end)
            return new KeyRange(end, end);
        return new KeyRange(Offset(batch, Document(batch, first)), Offset(batch, Document(batch, last) + 1));
    }

    // Binary search; the first or last document for positions outside.
    private int Document(int batch, int position)
    {
        int low = 0;
        int high = Count;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (Offset(batch, middle) <= position)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    private int Offset(int batch, int document) => _offsets.At(0, 0, batch, document);
}
