using ILGPU;

namespace AttentionKernels.Streams;

/// <summary>Sees the views of a struct, see <see cref="KernelViews{T, TVisitor}"/>.</summary>
internal interface IViewVisitor
{
    /// <summary>Sees one view.</summary>
    /// <param name="view">The view.</param>
    /// <param name="index">Its number, from 0, in the order of fields.</param>
    /// <param name="isInput">Whether a field on the way to it is marked <see cref="KernelInputAttribute"/>.</param>
    void Visit<TView>(TView view, int index, bool isInput)
        where TView : struct, IArrayView;
}
