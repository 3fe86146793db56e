{
    // HalfConversion.Widen
    const ushort bits = var0;
    var1 = vload_half(0, (const private half*)&bits);
}
