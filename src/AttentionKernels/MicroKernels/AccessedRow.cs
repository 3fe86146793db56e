using AttentionKernels.Formats;
using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>A row of memory whose elements a thread loads and stores four at a time, or one by one; places count such fours, or
/// elements.</summary>
/// <typeparam name="TElement">How the row is stored.</typeparam>
/// <typeparam name="TAccess">How it is accessed.</typeparam>
/// <param name="memory">The memory; compilers see its beginning to be aligned, but not that of a row.</param>
/// <param name="offset">Where the row begins.</param>
internal readonly struct AccessedRow<TElement, TAccess>(ArrayView<TElement> memory, long offset)
    where TElement : unmanaged, IElement<TElement>
    where TAccess : struct, IRowAccess
{
    private readonly ArrayView<Four<TElement>> _fours = memory.Cast<Four<TElement>>().SubView(TAccess.IsRegular ? offset >> 2 : 0);
    private readonly ArrayView<TElement> _elements = memory.SubView(offset);

    /// <summary>Elements of a place.</summary>
    public static int Elements => TAccess.IsRegular ? 4 : 1;

    /// <summary>The elements of a place, and zeros where it has one.</summary>
    public RegisterRow Load(int place) => TAccess.IsRegular
        ? StoredRow<TElement>.Widen(_fours[place])
        : new RegisterRow(TElement.Widen(_elements[place]), 0f, 0f, 0f);

    /// <summary>Stores them, rounded.</summary>
    public void Store(int place, RegisterRow elements)
    {
        if (TAccess.IsRegular)
            _fours[place] = StoredRow<TElement>.Narrow(elements);
        else
            _elements[place] = TElement.Narrow(elements.A);
    }
}
