window.baohan = window.baohan || {};
