namespace AttentionKernels.Formats;

/// <summary>What is done for a way of storing numbers that is a type to the compiler.</summary>
internal interface IFormatAction
{
    /// <summary>Does it.</summary>
    /// <typeparam name="T">What the host sees of a unit of memory.</typeparam>
    /// <typeparam name="TFormat">What kernels see of it.</typeparam>
    void Invoke<T, TFormat>()
        where T : unmanaged
        where TFormat : unmanaged, IWritableFormat<TFormat>;
}

/// <summary>What is done for the ways of storing keys and values.</summary>
internal interface IFormatPairAction
{
    /// <summary>Does it.</summary>
    /// <typeparam name="TKeyUnit">What the host sees of a unit of keys.</typeparam>
    /// <typeparam name="TKey">What kernels see of it.</typeparam>
    /// <typeparam name="TValueUnit">What the host sees of a unit of values.</typeparam>
    /// <typeparam name="TValue">What kernels see of it.</typeparam>
    void Invoke<TKeyUnit, TKey, TValueUnit, TValue>()
        where TKeyUnit : unmanaged
        where TKey : unmanaged, IWritableFormat<TKey>
        where TValueUnit : unmanaged
        where TValue : unmanaged, IWritableFormat<TValue>;
}

/// <summary>From a way of storing numbers that is a value to one that is a type.</summary>
internal static class PageElements
{
    /// <summary>Does something for the ways of storing keys and values.</summary>
    /// <exception cref="ArgumentException">There is no such way.</exception>
    public static void Invoke<TAction>(PageElement key, PageElement value, ref TAction action)
        where TAction : struct, IFormatPairAction
    {
        var first = new First<TAction>(value, action);
        Invoke(key, ref first);
        action = first.Action;
    }

    /// <summary>Does something for a way of storing numbers.</summary>
    /// <exception cref="ArgumentException">There is no such way.</exception>
    public static void Invoke<TAction>(PageElement element, ref TAction action)
        where TAction : struct, IFormatAction
    {
        switch (element)
        {
            case PageElement.Float32:
                action.Invoke<float, StoredFp32>();
                break;
            case PageElement.Float16:
                action.Invoke<Half, StoredFp16>();
                break;
            case PageElement.BFloat16:
                action.Invoke<BFloat16, StoredBf16>();
                break;
            case PageElement.Float8E4M3:
                action.Invoke<byte, StoredFp8E4M3>();
                break;
            case PageElement.Float8E5M2:
                action.Invoke<byte, StoredFp8E5M2>();
                break;
            case PageElement.Int8:
                action.Invoke<sbyte, StoredInt8>();
                break;
            case PageElement.Int4:
                action.Invoke<byte, StoredInt4>();
                break;
            default:
                throw new ArgumentException($"The page element is {element}; it must be one of {string.Join(", ", Enum.GetNames<PageElement>())}.", nameof(element));
        }
    }

    private struct First<TAction>(PageElement value, TAction action) : IFormatAction
        where TAction : struct, IFormatPairAction
    {
        public TAction Action { get; private set; } = action;

        public void Invoke<TKeyUnit, TKey>()
            where TKeyUnit : unmanaged
            where TKey : unmanaged, IWritableFormat<TKey>
        {
            var second = new Second<TAction, TKeyUnit, TKey>(Action);
            PageElements.Invoke(value, ref second);
            Action = second.Action;
        }
    }

    private struct Second<TAction, TKeyUnit, TKey>(TAction action) : IFormatAction
        where TAction : struct, IFormatPairAction
        where TKeyUnit : unmanaged
        where TKey : unmanaged, IWritableFormat<TKey>
    {
        public TAction Action { get; private set; } = action;

        public void Invoke<TValueUnit, TValue>()
            where TValueUnit : unmanaged
            where TValue : unmanaged, IWritableFormat<TValue>
        {
            TAction pair = Action;
            pair.Invoke<TKeyUnit, TKey, TValueUnit, TValue>();
            Action = pair;
        }
    }
}
