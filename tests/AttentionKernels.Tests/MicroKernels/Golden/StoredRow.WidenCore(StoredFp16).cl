{
    // StoredRow.WidenCore<StoredFp16>
    global half* row = (global half*)var0;
    global float* target = var1;
    const int count = var2;
    int i = 0;
    for (; i + 8 <= count; i += 8) vstore8(vload_half8(0, row + (i)), 0, target + i);
    for (; i < count; i++) target[i] = vload_half(i, row);
}
