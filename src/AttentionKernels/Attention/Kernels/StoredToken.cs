namespace AttentionKernels.Attention.Kernels;

/// <summary>Where the key and the value of a token lie, of one kv head.</summary>
internal readonly struct StoredToken
{
    public StoredToken(long keyRow, long valueRow, float keyScale, float valueScale)
    {
        KeyRow = keyRow;
        ValueRow = valueRow;
        KeyScale = keyScale;
        ValueScale = valueScale;
    }

    /// <summary>The offset of the key.</summary>
    public long KeyRow { get; }

    /// <summary>The offset of the value.</summary>
    public long ValueRow { get; }

    /// <summary>The key's scale; 1 where keys have none.</summary>
    public float KeyScale { get; }

    /// <summary>The value's scale; 1 where values have none.</summary>
    public float ValueScale { get; }
}
