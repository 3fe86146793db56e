namespace AttentionKernels.Formats;

/// <summary>A format of tensors and pages: a host type, and the same bits as kernels see them.</summary>
internal sealed class ElementFormat<T, TElement>(string name) : NumberFormat<T>(name, typeof(TElement))
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
{
    internal override void Invoke<TAction>(ref TAction action) => action.Invoke<T, TElement>();
}
